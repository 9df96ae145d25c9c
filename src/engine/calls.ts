import { AppError } from '../domain/errors.js';
import type { RunFact } from '../domain/event.js';
import { limits } from '../domain/limits.js';
import type { Run, Step } from '../domain/run.js';
import type { ToolCall, ToolResult } from '../domain/tool.js';
import type { Repositories } from '../store/store.js';
import { parseArguments } from './call-arguments.js';
import type { CallGate } from './call-gate.js';
import { resultMessage } from './ending.js';
import type { Journal } from './journal.js';
import type { EngineDependencies, Scene } from './scene.js';
import { capResult } from './tools/result.js';
import type { Tool, ToolArguments, ToolContext } from './tools/tool.js';

/**
 * Carries out the calls of a tools step that run here, in order, each committed with its result; searches that follow
 * one another are made side by side. Calls that are refused get the reason for their result. Returns the step as it
 * then stands: what is not finished waits for the client.
 */
export async function carryOut(
  dependencies: EngineDependencies,
  journal: Journal,
  scene: Scene,
  step: Step,
  { refused, signal }: { refused: CallGate['refused']; signal: AbortSignal },
): Promise<Step> {
  let current = step;
  const runner = new CallRunner(dependencies, journal, scene, refused, signal);
  const nextOf = (step: Step): ToolCall[] => nextCalls(dependencies, refused, step);
  for (let next = nextOf(current); next.length > 0; next = nextOf(current)) {
    signal.throwIfAborted();
    const results = await Promise.all(next.map((call) => runner.prepare(current, call)));
    for (const result of results) current = await result(current);
  }
  return current;
}

/** The next call that runs here, with the searches that stand right behind it where it is one itself. */
function nextCalls({ tools }: EngineDependencies, refused: CallGate['refused'], step: Step): ToolCall[] {
  const open = step.calls.filter(
    (call) => (call.where === 'here' || refused.has(call.id)) && call.state !== 'finished',
  );
  const firstOther = open.findIndex((call) => tools.find(call.name)?.effect !== 'search');
  return firstOther === -1 ? open : open.slice(0, Math.max(1, firstOther));
}

/** Commits a prepared call and returns the step after it. */
type CommitCall = (step: Step) => Promise<Step>;

class CallRunner {
  constructor(
    private readonly dependencies: EngineDependencies,
    private readonly journal: Journal,
    private readonly scene: Scene,
    private readonly refused: CallGate['refused'],
    private readonly signal: AbortSignal,
  ) {}

  async prepare(step: Step, call: ToolCall): Promise<CommitCall> {
    const { tools, searchAccess } = this.dependencies;
    const refusal = this.refused.get(call.id);
    if (refusal !== undefined) return this.settled({ ...call, refused: true }, failed(refusal));
    const tool = this.scene.agent.tools.some((given) => given.type === 'builtin' && given.name === call.name)
      ? tools.find(call.name)
      : null;
    if (tool === null) return this.settled(call, failed(this.unknownTool(call.name)));
    const parsed = parseArguments(call.arguments);
    if (!parsed.ok) return this.settled(call, failed(`The arguments are not a JSON object: ${parsed.error}`));
    const input = withoutHeartbeat(parsed.value);
    const context = this.contextOf(step, call);
    switch (tool.effect) {
      case 'memory': {
        const looked = (await tool.look?.(searchAccess, context, input)) ?? null;
        return (current) => this.editMemory(current, call, tool, input, looked);
      }
      case 'search':
        return this.settled(
          call,
          await this.guarded(async () => tool.run(searchAccess, await this.cited(context, step, call), input)),
        );
      case 'outside':
        return this.settled(call, await this.reachOutside(step, call, tool, input));
      default:
        return tool satisfies never;
    }
  }

  private settled(call: ToolCall, result: ToolResult): CommitCall {
    return (step) => this.journal.commit((tx, run) => this.finish(tx, run, step, call, { ...result, facts: [] }));
  }

  /** The edit, its history and its result are one commit: it happens once, or not at all. */
  private async editMemory(
    step: Step,
    call: ToolCall,
    tool: Extract<Tool, { effect: 'memory' }>,
    input: ToolArguments,
    looked: ToolContext['looked'],
  ): Promise<Step> {
    try {
      return await this.journal.commit(async (tx, run) =>
        this.finish(tx, run, step, call, await tool.run(tx, { ...this.contextOf(step, call), looked }, input)),
      );
    } catch (error) {
      return this.settled(call, this.toFailure(error))(step);
    }
  }

  /** What reaches beyond the house is marked before it runs; a mark without a result is never run a second time. */
  private async reachOutside(
    step: Step,
    call: ToolCall,
    tool: Extract<Tool, { effect: 'outside' }>,
    input: ToolArguments,
  ): Promise<ToolResult> {
    if (call.state === 'started' && !tool.repeatable) {
      return failed('The call was interrupted. It may or may not have taken effect, and was not repeated.');
    }
    const started = replaceCall(step, { ...call, state: 'started' });
    await this.journal.commit(async (tx) => {
      await tx.runs.updateStep(started);
      return { facts: [], value: null };
    });
    return this.guarded((signal) => tool.run(this.contextOf(step, call), input, signal));
  }

  private async guarded(work: (signal: AbortSignal) => Promise<ToolResult>): Promise<ToolResult> {
    const timeout = AbortSignal.timeout(limits.toolTimeoutMs);
    const signal = AbortSignal.any([this.signal, timeout]);
    try {
      return await raceWith(work(signal), signal);
    } catch (error) {
      if (timeout.aborted) return failed(`The call took longer than ${limits.toolTimeoutMs / 1000} seconds.`);
      return this.toFailure(error);
    }
  }

  private async finish(
    tx: Repositories,
    run: Run,
    step: Step,
    call: ToolCall,
    result: ToolResult & { facts: RunFact[] },
  ): Promise<{ facts: RunFact[]; value: Step }> {
    const output = capResult(result.output, this.scene.resultCharsMax);
    const done: ToolCall = { ...call, state: 'finished', output, failed: result.failed };
    const after = replaceCall(step, done);
    await tx.runs.updateStep(after);
    await tx.messages.append(step.conversationId, [resultMessage(step.id, run, done, this.dependencies.clock.now())]);
    return { facts: [...result.facts, { type: 'call-result', stepId: step.id, call: done }], value: after };
  }

  private contextOf(step: Step, call: ToolCall): ToolContext {
    return {
      agent: this.scene.agent,
      run: this.journal.run,
      memory: this.scene.memory,
      clock: this.dependencies.clock,
      zone: this.scene.zone,
      stepId: step.id,
      callId: call.id,
      resultCharsMax: this.scene.resultCharsMax,
    };
  }

  /** Markers of what is found are told apart through a whole conversation. */
  private async cited(context: ToolContext, step: Step, call: ToolCall): Promise<ToolContext> {
    if (call.name !== 'file_search') return context;
    const conversation = await this.dependencies.store.conversations.find(step.conversationId);
    const place = step.calls.filter(({ name }) => name === call.name).findIndex(({ id }) => id === call.id);
    return { ...context, citedAs: { message: conversation?.lastSeq ?? 0, place } };
  }

  /** A tool's own trouble is a result the model can read; a lost lease or a stopped run is not the tool's. */
  private toFailure(error: unknown): ToolResult {
    if (this.signal.aborted || (error instanceof AppError && error.code === 'lease_lost')) throw error;
    return failed(error instanceof Error ? error.message : String(error));
  }

  private unknownTool(name: string): string {
    const known = this.scene.definitions.map((definition) => definition.name);
    if (this.scene.agent.tools.some((tool) => tool.type === 'function' && tool.name === name && tool.kept === true)) {
      return `The source of '${name}' is kept on this server but not run. Do without it, and say so where it matters.`;
    }
    return `There is no tool called '${name}'. The tools are: ${known.join(', ')}.`;
  }
}

function failed(output: string): ToolResult {
  return { output, failed: true };
}

function replaceCall(step: Step, call: ToolCall): Step {
  return { ...step, calls: step.calls.map((known) => (known.id === call.id ? call : known)) };
}

function withoutHeartbeat(input: ToolArguments): ToolArguments {
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== 'request_heartbeat'));
}

async function raceWith<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
