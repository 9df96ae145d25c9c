import { setTimeout as sleep } from 'node:timers/promises';
import type { Script } from '../../src/providers/scripted.js';
import type { Answer, Body, OpenaiFace } from './openai-face.js';
import { finalStatuses } from './run-stories.js';

/** What a client may do to a thread. */
export const deeds = ['say', 'run', 'look', 'cancel', 'answer', 'wait'] as const;

export type Deed = (typeof deeds)[number];

/** A model that answers at once, after a while, or by calls, in turn. */
export const moody: Script = async (request, index) => {
  if (request.messages.at(-1)?.role === 'tool') return 'Thank you.';
  if (index % 3 === 0) return 'Right away.';
  if (index % 3 === 1) {
    await sleep(5);
    return { text: 'One after the other.', deltaChars: 4 };
  }
  return { calls: [{ id: `call_${index}`, name: 'lookup', arguments: {} }] };
};

const isFinal = (status: string): boolean => (finalStatuses as readonly string[]).includes(status);

const refusals = {
  say: /^Can't add messages to thread_\w+ while a run (run_\w+) is active\.$/u,
  run: /^Thread thread_\w+ already has an active run (run_\w+)\.$/u,
  cancel: /^Cannot cancel run with status '(cancelling|cancelled|completed|failed|incomplete|expired)'\.$/u,
  answer:
    /^(Runs in status "\w+" do not accept tool outputs\.|Expected tool outputs for call_ids \[.*\], got \[.*\])$/u,
};

/**
 * Many clients of one thread, and the rules they hold it to: a refusal names a run, and never one that was seen to have
 * ended before the request was sent; what was seen to have ended stays as it was; every other answer is 200.
 */
export class ThreadHammer {
  readonly faults: string[] = [];
  readonly said: string[] = [];
  readonly runs: string[] = [];
  readonly answers = new Map<string, number>();
  private readonly ended = new Map<string, string>();
  private count = 0;

  constructor(
    private readonly face: OpenaiFace,
    private readonly threadId: string,
    private readonly assistantId: string,
  ) {}

  async do(deed: Deed): Promise<void> {
    switch (deed) {
      case 'say':
        return this.say();
      case 'run':
        return this.start();
      case 'look':
        return void (await this.newest());
      case 'cancel':
        return this.cancel();
      case 'answer':
        return this.answer();
      case 'wait':
        return this.wait();
      default:
        return deed satisfies never;
    }
  }

  /** Stops whatever is still active and waits until every run has ended; the runs that do not are returned. */
  async settle(): Promise<string[]> {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      const open = await this.openRuns();
      if (open.length === 0) return [];
      for (const id of open) await this.face.send('POST', this.path(id, '/cancel'));
      await sleep(10);
    }
    return this.openRuns();
  }

  private async openRuns(): Promise<string[]> {
    const open: string[] = [];
    for (const id of this.runs) {
      if (this.ended.has(id)) continue;
      const { body } = await this.face.send('GET', this.path(id));
      if (isFinal(body.status)) this.ended.set(id, body.status);
      else open.push(id);
    }
    return open;
  }

  private async say(): Promise<void> {
    const content = `message ${(this.count += 1)}`;
    const answer = await this.guarded('say', `/threads/${this.threadId}/messages`, { role: 'user', content });
    if (answer.status === 200) this.said.push(content);
  }

  private async start(): Promise<void> {
    const answer = await this.guarded('run', `/threads/${this.threadId}/runs`, { assistant_id: this.assistantId });
    if (answer.status === 200) this.runs.push(answer.body.id);
  }

  /** Sends what an active run forbids, and holds a refusal to the rule. */
  private async guarded(kind: 'say' | 'run', path: string, body: unknown): Promise<Answer> {
    const endedBefore = new Set(this.ended.keys());
    const answer = await this.face.send('POST', path, body);
    const holder = this.check(kind, answer)?.[1];
    if (holder !== undefined && endedBefore.has(holder)) {
      this.faults.push(`${kind} was refused for ${holder}, which had ended as ${this.ended.get(holder) ?? ''}`);
    }
    return answer;
  }

  private async newest(): Promise<Body | null> {
    const before = new Map(this.ended);
    const { body } = await this.face.send('GET', `/threads/${this.threadId}/runs?limit=1`);
    const [run] = body.data;
    if (run === undefined) return null;
    const known = before.get(run.id);
    if (known !== undefined && known !== run.status) this.faults.push(`${run.id} went from ${known} to ${run.status}`);
    if (isFinal(run.status)) this.ended.set(run.id, run.status);
    return run;
  }

  private async cancel(): Promise<void> {
    const run = await this.newest();
    if (run !== null) this.check('cancel', await this.face.send('POST', this.path(run.id, '/cancel')));
  }

  private async answer(): Promise<void> {
    const run = await this.newest();
    const action = run?.required_action as { submit_tool_outputs: { tool_calls: { id: string }[] } } | null | undefined;
    if (run === null || action === null || action === undefined) return;
    const tool_outputs = action.submit_tool_outputs.tool_calls.map(({ id }) => ({ tool_call_id: id, output: 'fine' }));
    const path = this.path(run.id, '/submit_tool_outputs');
    this.check('answer', await this.face.send('POST', path, { tool_outputs }));
  }

  /** Asks until the newest run has ended, and says something at that very moment. */
  private async wait(): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const run = await this.newest();
      if (run === null) return;
      if (isFinal(run.status)) return this.say();
      await sleep(2);
    }
  }

  private check(kind: keyof typeof refusals, answer: Answer): RegExpExecArray | null {
    const key = `${kind} ${answer.status}`;
    this.answers.set(key, (this.answers.get(key) ?? 0) + 1);
    if (answer.status === 200) return null;
    const message = answer.body.error?.message ?? '';
    const match = answer.status === 400 ? refusals[kind].exec(message) : null;
    if (match === null) this.faults.push(`${kind} was answered ${answer.status}: ${message}`);
    return match;
  }

  private path(runId: string, suffix = ''): string {
    return `/threads/${this.threadId}/runs/${runId}${suffix}`;
  }
}
