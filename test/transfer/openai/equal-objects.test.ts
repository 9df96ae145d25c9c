import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractIsHere } from '../../support/contract.js';
import { adminPassword } from '../../http/running-app.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';
import { openContract } from './from-contract.js';
import { writeExport } from './support.js';

type Json = Record<string, unknown>;
type Export = ReturnType<typeof related>;

let face: OpenaiFace;
let client: OpenAI;
beforeAll(async () => {
  face = await startFace();
  client = face.client();
});
afterAll(() => face.close());

let exports = 0;

/** Objects as the API would have answered them: each with an id of its own, and related to the others. */
function related(given: {
  assistants: Json[];
  threads: Json[];
  messages: Json[];
  runs: Json[];
  steps: Json[];
  stores: Json[];
  files: Json[];
}) {
  exports += 1;
  const idOf = (prefix: string, index: number): string =>
    `${prefix}${String(exports).padStart(4, '0')}${'x'.repeat(16)}${String(index).padStart(4, '0')}`;
  const timed = (index: number): Json => ({ created_at: 1_700_000_000 + exports * 1_000 + Math.floor(index / 2) });
  const fileIds = given.files.map((_, index) => idOf('file-', index));
  const storeIds = given.stores.map((_, index) => idOf('vs_', index));
  const pick = (ids: readonly string[], index: number): string => ids[index % ids.length] ?? '';
  const resources = (object: Json, index: number): Json => {
    const held = object['tool_resources'];
    if (held === undefined || held === null) return object;
    const code = { code_interpreter: { file_ids: [pick(fileIds, index)] } };
    return { ...object, tool_resources: { ...code, file_search: { vector_store_ids: [pick(storeIds, index)] } } };
  };
  const assistants = given.assistants.map((each, index) =>
    resources({ ...each, id: idOf('asst_', index), ...timed(index) }, index),
  );
  const threads = given.threads.map((each, index) =>
    resources({ ...each, id: idOf('thread_', index), ...timed(index) }, index),
  );
  const threadIds = threads.map(({ id }) => String(id));
  const runs = given.runs.map((each, index) => {
    const assistant_id = pick(
      assistants.map(({ id }) => String(id)),
      index,
    );
    return {
      ...each,
      id: idOf('run_', index),
      thread_id: pick(threadIds, index),
      assistant_id,
      ...timed(index),
    } as Json;
  });
  const messages = given.messages.map((each, index) => {
    return { ...each, id: idOf('msg_', index), thread_id: pick(threadIds, index), ...timed(index) } as Json;
  });
  const steps = given.steps.map((each, index) => {
    const { id, thread_id, assistant_id } = runs[index % runs.length] ?? {};
    const { type } = each['step_details'] as Json;
    return { ...each, id: idOf('step_', index), run_id: id, type, thread_id, assistant_id, ...timed(index) } as Json;
  });
  const stores = given.stores.map((each, index) => ({ ...each, id: storeIds[index], ...timed(index) }) as Json);
  const files = given.files.map(
    (each, index) =>
      ({ ...each, id: fileIds[index], filename: `notes-${index}.txt`, bytes: 4, ...timed(index) }) as Json,
  );
  return { assistants, threads, messages, runs, steps, stores, files };
}

function exportsOf(): fc.Arbitrary<Export> {
  const schema = openContract();
  const some = (name: string, count: number) => fc.array(schema(name), { minLength: count, maxLength: count });
  const withCalls = schema('RunStepObject').filter(
    (step) => (step['step_details'] as { tool_calls?: unknown[] }).tool_calls?.length !== 0,
  );
  return fc
    .record({
      assistants: some('AssistantObject', 4),
      threads: some('ThreadObject', 3),
      messages: some('MessageObject', 18),
      runs: some('RunObject', 6),
      steps: fc.array(withCalls, { minLength: 12, maxLength: 12 }),
      stores: some('VectorStoreObject', 2),
      files: some('OpenAIFile', 2),
    })
    .map(related);
}

async function importExport(made: Export): Promise<Json> {
  const { assistants, threads, messages, runs, steps, stores, files } = made;
  const path = await writeExport({
    'assistants.json': { object: 'list', data: assistants, first_id: 'a', last_id: 'b', has_more: false },
    'threads.jsonl': threads.map((each) => `${JSON.stringify(each)}\n`).join(''),
    'messages.json': [...messages].reverse(),
    'bundle.json': { runs, run_steps: steps, vector_stores: stores, files },
    ...Object.fromEntries(files.map(({ id }) => [`files/${String(id)}`, 'Text'])),
  });
  try {
    const answer = await fetch(`${face.app.url}/admin/import/openai`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminPassword}`, 'content-type': 'application/json' },
      body: JSON.stringify({ path }),
    });
    return (await answer.json()) as Json;
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** What was under way when it was saved has ended since. */
function asEnded(object: Json): Json {
  const { status } = object;
  if (object['object'] === 'thread.message' && status === 'in_progress') {
    const { incomplete_details: _d, incomplete_at: _i, completed_at: _c, ...rest } = object;
    return { ...rest, status: 'incomplete' };
  }
  if (
    object['object'] === 'thread.run' &&
    ['queued', 'in_progress', 'requires_action', 'cancelling'].includes(String(status))
  ) {
    const { cancelled_at: _a, failed_at: _f, completed_at: _c, last_error: _l, ...rest } = object;
    return { ...rest, status: 'expired', required_action: null, expires_at: null };
  }
  if (object['object'] === 'thread.run.step' && status === 'in_progress') {
    const {
      expired_at: _e,
      cancelled_at: _a,
      failed_at: _f,
      completed_at: _c,
      last_error: _l,
      usage: _u,
      ...rest
    } = object;
    return { ...rest, status: 'expired' };
  }
  if (object['object'] === 'vector_store') {
    const { usage_bytes: _u, file_counts: _f, status: _s, ...rest } = object;
    return rest;
  }
  return object;
}

function expectEqual(found: object, original: Json): void {
  const expected = asEnded(original);
  const shown = Object.fromEntries(Object.keys(expected).map((name) => [name, (found as Json)[name]]));
  expect(shown).toEqual(expected);
}

async function expectAllBack({ assistants, threads, messages, runs, steps, stores, files }: Export): Promise<void> {
  const { beta } = client;
  const include = ['step_details.tool_calls[*].file_search.results[*].content'] as const;
  for (const each of assistants) expectEqual(await beta.assistants.retrieve(String(each['id'])), each);
  for (const each of threads) expectEqual(await beta.threads.retrieve(String(each['id'])), each);
  for (const each of messages) {
    expectEqual(
      await beta.threads.messages.retrieve(String(each['id']), { thread_id: String(each['thread_id']) }),
      each,
    );
  }
  for (const each of runs) {
    expectEqual(await beta.threads.runs.retrieve(String(each['id']), { thread_id: String(each['thread_id']) }), each);
  }
  for (const each of steps) {
    const place = { thread_id: String(each['thread_id']), run_id: String(each['run_id']), include: [...include] };
    expectEqual(await beta.threads.runs.steps.retrieve(String(each['id']), place), each);
  }
  for (const each of stores) expectEqual(await client.vectorStores.retrieve(String(each['id'])), each);
  for (const each of files) expectEqual(await client.files.retrieve(String(each['id'])), each);
}

describe.skipIf(!contractIsHere)('objects made from the contract, where it is here', () => {
  it('are given back by the official client as they were, in their order', { timeout: 120_000 }, async () => {
    const property = fc.asyncProperty(exportsOf(), async (made) => {
      const report = await importExport(made);
      expect(report).toMatchObject({ outcome: 'imported' });
      await expectAllBack(made);
      for (const thread of made.threads) {
        const id = String(thread['id']);
        const read: string[] = [];
        for await (const message of client.beta.threads.messages.list(id, { order: 'asc', limit: 2 }))
          read.push(message.id);
        expect(read).toEqual(made.messages.filter((each) => each['thread_id'] === id).map((each) => each['id']));
      }
      const again = (await importExport(made))['counts'] as Record<string, { created: number; different: number }>;
      for (const [kind, counts] of Object.entries(again))
        expect([kind, counts.created, counts.different]).toEqual([kind, 0, 0]);
    });
    await fc.assert(property, { numRuns: 2, endOnFailure: true });
  });
});
