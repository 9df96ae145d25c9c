import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkLog } from '../../../src/domain/event.js';
import { readId } from '../../../src/domain/ids.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';
import { finalStatuses, lookup, newStory, untilStatus } from '../../support/run-stories.js';
import { deeds, moody, ThreadHammer, type Deed } from '../../support/thread-hammer.js';

/** How long fifty clients hammer one thread: a moment in the suite, a minute where this is set to 60000. */
const hammerMs = Number(process.env['THREAD_HAMMER_MS'] ?? 2_000);

/** What the fifty do most: they answer and ask more often than they cancel. */
const habits: readonly Deed[] = [...deeds, 'run', 'answer', 'answer', 'answer', 'wait'];

let face: OpenaiFace;
beforeEach(async () => {
  face = await startFace({ script: moody });
});
afterEach(() => face.close());

async function newHammer(): Promise<{ hammer: ThreadHammer; threadId: string; assistantId: string }> {
  const story = await newStory(face, { assistant: { tools: [lookup] }, said: null });
  return { hammer: new ThreadHammer(face, story.threadId, story.assistantId), ...story };
}

/** What must hold of a thread when its clients have stopped, however they behaved. */
async function expectUsable({ hammer, threadId, assistantId }: Awaited<ReturnType<typeof newHammer>>): Promise<void> {
  expect(await hammer.settle()).toEqual([]);
  expect(hammer.faults).toEqual([]);
  const conversationId = readId('conversation', threadId) ?? '';
  const everything = { limit: 10_000, order: 'asc' } as const;
  const rows = (await face.app.store.runs.page(conversationId, everything)).items;
  expect(rows).toHaveLength(hammer.runs.length);
  for (const run of rows) expect(checkLog(await face.app.store.events.read(run.id, 0, 10_000))).toEqual([]);
  const messages = (await face.app.store.messages.page(conversationId, { ...everything, visibleOnly: true })).items;
  const said = messages.filter((message) => message.role === 'user').map((message) => message.parts[0]);
  expect(said.map((part) => (part?.type === 'text' ? part.text : '')).sort()).toEqual([...hammer.said].sort());
  expect(messages.filter((message) => message.status === 'in_progress')).toEqual([]);
  const last = await face.send('POST', `/threads/${threadId}/messages`, { role: 'user', content: 'Still there?' });
  expect(last.status).toBe(200);
  const run = await face.send('POST', `/threads/${threadId}/runs`, { assistant_id: assistantId });
  const path = `/threads/${threadId}/runs/${run.body.id}`;
  await untilStatus(face, path, [...finalStatuses, 'requires_action']);
}

it('clients that do what they like side by side leave a thread that works, whatever their order', async () => {
  const schedules = fc.array(fc.array(fc.constantFrom<Deed>(...deeds), { minLength: 1, maxLength: 6 }), {
    minLength: 2,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(schedules, async (clients) => {
      const story = await newHammer();
      const work = clients.map(async (doings) => {
        for (const deed of doings) await story.hammer.do(deed);
      });
      await Promise.all(work);
      await expectUsable(story);
    }),
    { numRuns: 12, endOnFailure: true },
  );
});

it(
  'fifty clients hammering one thread leave it usable, with no run stuck and no refusal for a run that had ended',
  async () => {
    const story = await newHammer();
    const until = Date.now() + hammerMs;
    const client = async (seed: number): Promise<void> => {
      let state = seed * 7_919 + 1;
      while (Date.now() < until) {
        state = (state * 48_271) % 2_147_483_647;
        await story.hammer.do(habits[(state >> 8) % habits.length] ?? 'look');
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, index) => client(index)));
    await expectUsable(story);
    // The rules were put to the test: what a busy thread forbids was both done and refused.
    expect([...story.hammer.answers.keys()]).toEqual(
      expect.arrayContaining(['say 200', 'say 400', 'run 200', 'run 400', 'cancel 200']),
    );
  },
  hammerMs + 60_000,
);

/** One thread as the rules say it must be: free, or held by a run that waits for outputs. */
interface Rules {
  held: string | null;
  messages: number;
}

const steps = ['say', 'run', 'answer', 'answer-wrongly', 'cancel'] as const;

it('one client after the other finds the thread exactly as the rules say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 10 }), async (doings) => {
      const { threadId, assistantId } = await newStory(face, { assistant: { tools: [lookup] }, said: null });
      const rules: Rules = { held: null, messages: 0 };
      const runs = `/threads/${threadId}/runs`;
      let newest: string | null = null;
      for (const step of doings) {
        if (step === 'say') {
          const answer = await face.send('POST', `/threads/${threadId}/messages`, { role: 'user', content: 'x' });
          expect(answer.status).toBe(rules.held === null ? 200 : 400);
          if (rules.held === null) rules.messages += 1;
          else expect(answer.body.error?.message).toContain(`while a run ${rules.held} is active`);
        } else if (step === 'run') {
          const answer = await face.send('POST', runs, { assistant_id: assistantId });
          expect(answer.status).toBe(rules.held === null ? 200 : 400);
          if (rules.held !== null) {
            expect(answer.body.error?.message).toContain(`already has an active run ${rules.held}`);
            continue;
          }
          newest = answer.body.id;
          const run = await untilStatus(face, `${runs}/${newest}`, [...finalStatuses, 'requires_action']);
          expect(['completed', 'requires_action']).toContain(run.status);
          rules.held = run.status === 'requires_action' ? newest : null;
          if (rules.held === null) rules.messages += 1;
        } else if (newest !== null) {
          const suffix = step === 'cancel' ? 'cancel' : 'submit_tool_outputs';
          const run = await face.send('GET', `${runs}/${newest}`);
          const action = run.body.required_action as { submit_tool_outputs: { tool_calls: { id: string }[] } } | null;
          const calls = action?.submit_tool_outputs.tool_calls ?? [];
          const outputs = step === 'answer' ? calls.map(({ id }) => ({ tool_call_id: id })) : [{ tool_call_id: 'x' }];
          const answer = await face.send('POST', `${runs}/${newest}/${suffix}`, { tool_outputs: outputs });
          const isAllowed = rules.held !== null && step !== 'answer-wrongly';
          expect(answer.status).toBe(isAllowed ? 200 : 400);
          if (!isAllowed) continue;
          rules.held = null;
          const after = await untilStatus(face, `${runs}/${newest}`, finalStatuses);
          expect(after.status).toBe(step === 'cancel' ? 'cancelled' : 'completed');
          if (step === 'answer') rules.messages += 1;
        }
      }
      const { body } = await face.send('GET', `/threads/${threadId}/messages?limit=100`);
      expect(body.data).toHaveLength(rules.messages);
    }),
    { numRuns: 20, endOnFailure: true },
  );
});
