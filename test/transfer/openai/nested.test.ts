import { describe, expect, it } from 'vitest';
import type { TransferKind } from '../../../src/domain/transfer.js';
import { readExport, type ExportFiles } from './support.js';

const message = (id: string, role: string, text: string, at: number): Record<string, unknown> => ({
  ...{ id, object: 'thread.message', created_at: at, thread_id: 'thread_Garden', role, metadata: {} },
  ...{ assistant_id: role === 'assistant' ? 'asst_Gardener' : null, run_id: role === 'assistant' ? 'run_One' : null },
  content: [{ type: 'text', text: { value: text, annotations: [] } }],
});
const newestFirst = [message('msg_two', 'assistant', 'In May.', 1_700_000_002), message('msg_one', 'user', 'When?', 1)];
const plain = [
  { role: 'user', content: 'When?' },
  { role: 'assistant', content: 'In May.' },
];
const thread = { id: 'thread_Garden', object: 'thread', created_at: 1, metadata: {}, tool_resources: null };
const head = { created_at: 2, assistant_id: 'asst_Gardener', thread_id: 'thread_Garden', status: 'completed' };
const run = { ...head, id: 'run_One', object: 'thread.run', model: 'gpt-4o', tools: [], metadata: {}, completed_at: 3 };
const step = {
  ...{ ...head, id: 'step_One', object: 'thread.run.step', run_id: 'run_One', type: 'message_creation' },
  step_details: { type: 'message_creation', message_creation: { message_id: 'msg_two' } },
};
const assistant = {
  ...{ id: 'asst_Gardener', object: 'assistant', created_at: 1, name: 'Gardener', model: 'gpt-4o', metadata: {} },
  ...{ description: null, instructions: 'Know plants.', tools: [{ type: 'file_search' }] },
  tool_resources: { file_search: { vector_store_ids: ['vs_Shelf'] } },
};
const store = { id: 'vs_Shelf', object: 'vector_store', created_at: 1, name: 'Shelf', status: 'completed' };
const stored = { id: 'file-Seeds', object: 'vector_store.file', created_at: 1, vector_store_id: 'vs_Shelf' };
const file = {
  id: 'file-Seeds',
  object: 'file',
  bytes: 3,
  created_at: 1,
  filename: 'seeds.txt',
  purpose: 'assistants',
};
const page = (data: readonly unknown[]): object => ({
  object: 'list',
  data,
  first_id: 'x',
  last_id: 'y',
  has_more: false,
});

/** What was said in the only thread, and how many things of some kinds are there. */
async function found(files: ExportFiles, ...kinds: TransferKind[]) {
  const { values } = await readExport(files);
  expect(values('conversation').map(({ id }) => id)).toEqual(['thread_Garden']);
  const said = values('message').map(({ role, parts: [part] }) => [role, part?.type === 'text' ? part.text : '']);
  return { said, counts: kinds.map((kind) => values(kind).length) };
}

const talk = [
  ['user', 'When?'],
  ['assistant', 'In May.'],
];

describe('what was said in a thread is found', () => {
  it.each<[string, ExportFiles]>([
    ['under its id', { 'threads.json': { thread_Garden: newestFirst } }],
    ['under its id, with nothing but roles and words', { 'conversations.json': { thread_Garden: plain } }],
    ['under its id, as a page', { 'threads.json': { thread_Garden: page(newestFirst) } }],
    [
      'under its id, with when it was saved',
      { 'conversations.json': { thread_Garden: { messages: plain, updated_at: '2024-05-01T10:00:00' } } },
    ],
    ['in a page beside its id', { 'a.json': { thread_id: 'thread_Garden', messages: page(plain) } }],
    [
      'among conversations',
      { 'a.json': { conversations: [{ thread_id: 'thread_Garden', user_id: 'u', messages: plain }] } },
    ],
    [
      'where somebody is a sender',
      {
        'thread_Garden.json': [
          { sender: 'user', text: 'When?' },
          { sender: 'assistant', text: 'In May.' },
        ],
      },
    ],
    [
      'where words are from somebody',
      { 'thread_Garden.json': { messages: plain.map(({ role, content }) => ({ from: role, content })) } },
    ],
    ['inside its assistant', { 'a.json': { ...assistant, threads: [{ ...thread, messages: page(newestFirst) }] } }],
  ])('%s', async (_shape, files) => {
    expect((await found(files)).said).toEqual(talk);
  });
});

it('What has no time of its own has that of its thread, also where only its last change is told', async () => {
  const saved = { thread_Garden: { messages: plain, updated_at: '2024-05-01T10:00:00' } };
  const { values } = await readExport({ 'conversations.json': saved });
  const at = Date.parse('2024-05-01T10:00:00Z');
  expect([...values('conversation'), ...values('message')].map(({ createdAt }) => createdAt)).toEqual([at, at, at]);
});

describe('the runs of a thread come along', () => {
  it.each<[string, unknown]>([
    ['beside it and its messages', { thread, messages: newestFirst, runs: [run], run_steps: { run_One: [step] } }],
    [
      'inside it, with their steps inside them',
      { ...thread, messages: newestFirst, runs: [{ ...run, steps: [step] }] },
    ],
    ['inside it, as pages', [{ ...thread, messages: page(newestFirst), runs: page([run]), run_steps: [step] }]],
    ['beside its id', { thread_id: 'thread_Garden', messages: newestFirst, runs: [run], run_steps: page([step]) }],
    ['under its id', { thread_Garden: { thread, messages: newestFirst, runs: [{ ...run, run_steps: [step] }] } }],
  ])('%s', async (_shape, content) => {
    expect(await found({ 'a.json': content }, 'run', 'step')).toEqual({ said: talk, counts: [1, 1] });
  });
});

describe('an assistant comes with what is around it', () => {
  const threads = [{ ...thread, messages: newestFirst }];
  it.each<[string, unknown]>([
    ['alone under its name', { assistant, vector_stores: [{ ...store, files: [stored] }], files: [file], threads }],
    [
      'with a vector store inside it',
      {
        exported_at: 'x',
        assistants: [{ ...assistant, vector_stores: [{ ...store, files: page([stored]) }], files: [file] }],
        threads,
      },
    ],
    ['with files of a store told as files', { assistant, vector_store: { ...store, files: [file] }, threads }],
    [
      'with files of a store told by little',
      {
        assistant,
        vector_stores: { vs_Shelf: { ...store, files: [{ id: 'file-Seeds', filename: 'seeds.txt' }] } },
        threads,
      },
    ],
  ])('%s', async (_shape, content) => {
    const { counts } = await found({ 'a.json': content }, 'agent', 'library', 'library-file', 'file', 'agent-library');
    expect(counts).toEqual([1, 1, 1, 1, 1]);
  });

  it('and is given back without the collections that a script put into it', async () => {
    const { values } = await readExport({ 'a.json': { ...assistant, threads: [], vector_stores: [store], mine: 1 } });
    const [agent] = values('agent');
    expect(JSON.stringify(agent?.faceData)).toContain('"mine"');
    expect(JSON.stringify(agent?.faceData)).not.toContain('vector_stores"');
  });
});
