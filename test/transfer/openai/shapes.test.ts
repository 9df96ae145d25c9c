import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { MessagePart } from '../../../src/domain/message.js';
import { readExport, type ExportFiles } from './support.js';

const message = (id: string, at: number, role: string, text: string, more: object = {}): Record<string, unknown> => ({
  ...{ id, object: 'thread.message', created_at: at, thread_id: 'thread_Garden', role, status: 'completed' },
  ...{ assistant_id: role === 'assistant' ? 'asst_Gardener' : null, run_id: null, attachments: [], metadata: {} },
  ...{ incomplete_details: null, incomplete_at: null, completed_at: at, ...more },
  content: [{ type: 'text', text: { value: text, annotations: [] } }],
});
const said = [
  message('msg_one', 1_700_000_001, 'user', 'When do I sow beans?'),
  message('msg_two', 1_700_000_002, 'assistant', 'In May.'),
  message('msg_three', 1_700_000_002, 'user', 'And peas?'),
];
const newestFirst = [...said].reverse();
const thread = { id: 'thread_Garden', object: 'thread', created_at: 1_700_000_000, metadata: {}, tool_resources: {} };
const assistant = {
  ...{ id: 'asst_Gardener', object: 'assistant', created_at: 1_690_000_000, name: 'Gardener', model: 'gpt-4o' },
  ...{ description: null, instructions: 'Know plants.', tools: [], metadata: {}, temperature: 1, top_p: 1 },
  tool_resources: { file_search: null },
};
const asLines = (items: readonly unknown[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');
const list = (data: readonly unknown[], more = false): object => ({
  ...{ object: 'list', data, first_id: 'x', last_id: 'y', has_more: more },
});

/** What was said in the only thread, in order. */
async function talkIn(files: ExportFiles): Promise<[string, string][]> {
  const { values } = await readExport(files);
  expect(values('conversation')).toHaveLength(1);
  return values('message').map(({ role, parts }) => [role, parts.map(textOf).join('|')]);
}

function textOf(part: MessagePart): string {
  if (part.type === 'tool-call') return `${part.name}(${part.arguments})`;
  if (part.type === 'tool-result') return part.output;
  return part.type === 'text' ? part.text : part.type;
}

const talk = [
  ['user', 'When do I sow beans?'],
  ['assistant', 'In May.'],
  ['user', 'And peas?'],
];

describe('the messages of a thread keep their order', () => {
  it.each<[string, ExportFiles]>([
    ['in one JSON document', { 'all.json': { threads: [thread], messages: said } }],
    ['one on each line', { 'messages.jsonl': asLines(newestFirst) }],
    ['in documents one behind another', { 'all.json': said.map((each) => JSON.stringify(each, null, 2)).join('\n') }],
    ['in a list as the API answers it', { 'messages.json': list(newestFirst) }],
    [
      'in saved pages, some of which overlap',
      { 'pages.json': [list(newestFirst.slice(0, 2), true), list(newestFirst.slice(1))] },
    ],
    ['in the body of a saved answer', { 'answer.json': { status: 200, response: { body: list(newestFirst) } } }],
    ['as a text that holds JSON', { 'text.json': JSON.stringify(JSON.stringify(said)) }],
    ['by thread in a map', { 'map.json': { messages: { thread_Garden: newestFirst } } }],
    ['by thread in a map of threads', { 'map.json': { threads: { thread_Garden: newestFirst } } }],
    ['inside their thread', { 'threads.json': [{ ...thread, messages: newestFirst }] }],
    ['in UTF-16', { 'messages.json': Buffer.from(`\uFEFF${JSON.stringify(said)}`, 'utf16le') }],
    ['behind a mark of byte order', { 'messages.json': `\uFEFF${JSON.stringify(said)}` }],
    [
      'in files named after the thread',
      { 'backup/thread_Garden.json': newestFirst.map(({ thread_id: _, ...rest }) => rest) },
    ],
    [
      'beside their thread',
      { 'raw_threads/thread_Garden.json': { thread, fetched_at: 1_700_000_100, messages: said } },
    ],
    [
      'in the spelling of an SDK',
      {
        'dump.json': said.map(({ thread_id, created_at, assistant_id, ...rest }) => {
          return { ...rest, threadId: thread_id, createdAt: created_at, assistantId: assistant_id };
        }),
      },
    ],
    ['in YAML', { 'messages.yaml': stringify(newestFirst) }],
    ['in YAML with several documents', { 'messages.yml': said.map((each) => `---\n${stringify(each)}`).join('') }],
    [
      'in the spelling of .NET',
      {
        'dump.json': {
          Data: said.map(({ id, created_at, thread_id, role }, index) => ({
            ...{ Id: id, CreatedAt: new Date(Number(created_at) * 1_000).toISOString(), ThreadId: thread_id },
            ...{ Role: role === 'user' ? 0 : 'Assistant', Metadata: { KeepMe: 'as I am' }, AssistantId: null },
            Content: [{ Text: talk[index]?.[1], TextAnnotations: [], ImageFileId: null, Refusal: null }],
          })),
        },
      },
    ],
    [
      'with a thread and its messages in folders of a local app',
      {
        'threads/first/thread.json': { ...thread, created: 1_700_000_000_000, created_at: undefined, assistants: [] },
        'threads/first/messages.jsonl': asLines(said),
      },
    ],
    [
      'one on each line with little else',
      {
        'out.ndjson': asLines(
          said.map(({ id, role, created_at }, index) => {
            const base = {
              thread_id: 'thread_Garden',
              assistant_id: 'asst_Gardener',
              message_id: id,
              role,
              created_at,
            };
            return { ...base, text: talk[index]?.[1] };
          }),
        ),
      },
    ],
    [
      'without times',
      { 'output.txt': [{ thread_id: 'thread_Garden', thread: talk.map(([role, text]) => ({ role, text })) }] },
    ],
    [
      'with times only of the first and the last',
      {
        'threads.json': [
          {
            ...{ thread_id: 'thread_Garden', started_time: '20231114221320', finished_time: '20231114221420' },
            messages: talk.map(([role, text]) => ({ role, message: text, tokens: 3 })),
          },
        ],
      },
    ],
  ])('%s', async (_shape, files) => {
    expect(await talkIn(files)).toEqual(talk);
  });
});

describe('a document that is too large to be read as one is read member by member', () => {
  const long = said.map((each, index) =>
    message(String(each['id']), 1_700_000_001 + index, 'user', 'bean '.repeat(1_200_000)),
  );
  it.each<[string, unknown]>([
    ['in a list', long],
    ['in a list of the API', list(long)],
    ['in a bundle', { threads: [thread], messages: long }],
    ['in a map of a bundle', { exported: 1, messages: { thread_Garden: long } }],
    ['beside their thread', { fetched_at: 1, thread, messages: long }],
  ])('%s', async (_layout, document) => {
    const { values, problems } = await readExport({ 'large.json': document });
    expect(values('message').map(({ id, conversationId }) => [id, conversationId])).toEqual(
      long.map(({ id }) => [id, 'thread_Garden']),
    );
    expect(problems.filter(({ severity }) => severity !== 'note')).toEqual([]);
  });
});

it('keeps calls and results that a script mixed into what was said, and shows them to nobody', async () => {
  const { values } = await readExport({
    'exports/openai-threads.json': [
      {
        ...{ id: 'thread_Garden', createdAt: '2023-11-14T22:13:20.000Z', isAnnotated: false, annotations: [] },
        messages: [
          { role: 'user', content: 'Weather?', timestamp: '2023-11-14T22:13:21Z', type: 'message' },
          {
            ...{ id: 'call_1', role: 'ai', type: 'tool_call', callId: 'call_1', toolName: 'weather' },
            ...{ parameters: { city: 'Ulm' }, timestamp: '2023-11-14T22:13:22Z' },
          },
          {
            id: 'response-1',
            role: 'tool',
            type: 'tool_response',
            content: 'Rain.',
            timestamp: '2023-11-14T22:13:23Z',
          },
        ],
      },
    ],
  });
  expect(values('conversation')).toMatchObject([{ id: 'thread_Garden', createdAt: 1_700_000_000_000 }]);
  expect(values('message').map(({ seq, visible, parts }) => [seq, visible, parts.map(textOf).join()])).toEqual([
    [1, true, 'Weather?'],
    [2, false, 'weather({"city":"Ulm"})'],
    [3, false, 'Rain.'],
  ]);
});

describe('assistants', () => {
  it.each<[string, ExportFiles]>([
    ['in a bare array', { 'assistants_backup.json': [assistant] }],
    ['in a bundle', { 'all.json': { assistants: { asst_Gardener: { ...assistant, id: undefined } } } }],
    [
      'without the word that says what they are',
      { 'out/assistants-export-2024-01-01.json': [{ ...assistant, object: undefined }] },
    ],
    [
      'taken apart in a snapshot',
      {
        'snapshot.json': {
          manifest: { version: '1', platform: 'openai-assistants' },
          identity: {
            personality: 'Know plants.',
            config: {
              ...{ assistant_id: 'asst_Gardener', name: 'Gardener', model: 'gpt-4o', created_at: 1_690_000_000 },
              ...{ tools_raw: [], vector_stores: [{ id: 'vs_Beds', name: 'Beds', file_ids: ['file-Beans'] }] },
            },
          },
        },
      },
    ],
  ])('are found %s, with a memory of their own', async (_shape, files) => {
    const { values } = await readExport(files);
    const [agent] = values('agent');
    expect(agent).toMatchObject({
      id: 'asst_Gardener',
      name: 'Gardener',
      instructions: 'Know plants.',
      model: 'gpt-4o',
    });
    expect(agent?.tools.map(({ name }) => name)).toContain('memory_append');
    expect(values('memory')).toMatchObject([{ agentId: 'asst_Gardener', key: 'default' }]);
    expect(values('block').map(({ label }) => label)).toEqual(['persona', 'human']);
  });

  it('of the first version get a vector store for their files', async () => {
    const early = { ...assistant, tools: [{ type: 'retrieval' }], file_ids: ['file-Beans'], tool_resources: undefined };
    const { values, told } = await readExport({ 'assistants.json': [early] });
    const [library] = values('library');
    expect(values('library-file')).toMatchObject([{ libraryId: library?.id, fileId: 'file-Beans' }]);
    expect(values('agent-library')).toMatchObject([{ agentId: 'asst_Gardener', libraryId: library?.id }]);
    expect(values('agent')[0]?.tools).toContainEqual({ type: 'builtin', name: 'file_search', options: {} });
    expect(told).toContain('The tool "retrieval" became "file_search".');
  });

  it('keep tools that nobody here knows, at their place', async () => {
    const tools = [
      { type: 'bing_grounding', bing_grounding: { connection_id: 'c' } },
      { type: 'function', function: { name: 'water', strict: true } },
    ];
    const { values } = await readExport({ 'assistants.json': [{ ...assistant, tools }] });
    expect(values('agent')[0]?.faceData['hostedTools']).toEqual([{ at: 0, tool: tools[0] }]);
    expect(values('agent')[0]?.tools.at(-1)).toMatchObject({ type: 'function', name: 'water', strict: true });
  });
});

describe('the bytes of a file are found', () => {
  const file = {
    id: 'file-Beans',
    object: 'file',
    bytes: 5,
    created_at: 1,
    filename: 'beans.json',
    purpose: 'assistants',
  };
  it.each<[string, ExportFiles]>([
    ['under its id', { 'files.json': list([file]), 'files/file-Beans': 'beans' }],
    ['under its name', { 'files.json': list([file]), 'files/beans.json': '"two"' }],
    ['under its id and its name', { 'files.json': list([file]), 'file-Beans_beans.json': '{"object":"assistant"}' }],
    ['in a document', { 'all.json': { files: [file], file_contents: { 'file-Beans': 'YmVhbnM=' } } }],
    ['beside what is told of it', { 'my-files/beans.json': 'beans', 'my-file-objects/beans.json': file }],
  ])('%s', async (_place, files) => {
    const { values } = await readExport(files);
    expect(values('file')).toMatchObject([{ id: 'file-Beans', name: 'beans.json' }]);
    expect(values('file')[0]?.content).not.toBeNull();
    expect(values('agent')).toEqual([]);
  });

  it('or it is told that they are not there, and its vector store does not wait for them', async () => {
    const inStore = { id: 'file-Beans', object: 'vector_store.file', vector_store_id: 'vs_Beds', status: 'completed' };
    const store = { id: 'vs_Beds', object: 'vector_store', created_at: 1, name: 'Beds' };
    const { values, told } = await readExport({
      'all.json': { files: [file], vector_stores: [store], x: 0 },
      'b.jsonl': asLines([inStore]),
    });
    expect(values('file')).toMatchObject([{ content: null }]);
    expect(values('library-file')).toMatchObject([{ status: 'failed', error: { code: 'invalid_file' } }]);
    expect(told).toContain('The bytes of a file are not in the export; only what is said of it is kept.');
  });
});

it('does not miss anything where the last of the saved pages is there', async () => {
  const pages = [list(newestFirst.slice(0, 2), true), list(newestFirst.slice(2))];
  expect((await readExport({ 'pages.json': pages })).told).not.toContain('A list says that there is more of it.');
});

describe('what is not in an export is told', () => {
  it.each<[string, ExportFiles, string]>([
    [
      'a thread of which only messages are there',
      { 'm.json': said },
      'A thread itself is not in the export; it was made from its messages.',
    ],
    ['a list that goes on', { 'm.json': list(said, true) }, 'A list says that there is more of it.'],
    [
      'a thread that a script could not read',
      { 'm.json': [{ thread_id: 'thread_Garden', thread: 'error' }, ...said] },
      'The script that saved this thread could not read it.',
    ],
    [
      'an object of another kind',
      { 'm.json': [...said, { object: 'fine_tuning.job', id: 'ft' }] },
      'Objects of the kind "fine_tuning.job" are not taken in.',
    ],
    [
      'two objects under one id',
      { 'a.json': said, 'b.json': [message('msg_one', 1_700_000_001, 'user', 'Something else, and longer.')] },
      'Two objects of one id differ; the fuller was taken.',
    ],
    [
      'a run that was active',
      {
        'r.json': {
          threads: [thread],
          runs: [{ id: 'run_1', object: 'thread.run', created_at: 1, thread_id: 'thread_Garden', status: 'queued' }],
        },
      },
      'A run that had not ended when it was saved has expired.',
    ],
  ])('%s', async (_what, files, why) => {
    expect((await readExport(files)).told).toContain(why);
  });
});

it('reads the settings of an assistant with its instructions and files from the folder that a script keeps', async () => {
  const { values, told } = await readExport({
    'bot/config.yaml': 'assistant_id: asst_Bot\nname: Bot\nmodel: gpt-4\ntools:\n  - type: retrieval\n',
    'bot/instructions.txt': 'Be brief.',
    'bot/datafiles/manual.txt': 'Press the button.',
  });
  expect(values('agent')).toMatchObject([{ id: 'asst_Bot', name: 'Bot', instructions: 'Be brief.', model: 'gpt-4' }]);
  expect(values('file')).toMatchObject([
    { name: 'manual.txt', content: expect.stringContaining('manual.txt') as string },
  ]);
  expect(values('library-file')).toMatchObject([{ fileId: values('file')[0]?.id }]);
  expect(told).not.toContain('Nothing in this file was recognised.');
});

it('keeps the names that people gave, and pictures, in the spelling of .NET', async () => {
  const message = { Id: 'msg_1', ThreadId: 'thread_A', Role: 'User', CreatedAt: 1_700_000_000 };
  const content = [{ Text: null, ImageFileId: 'file-abc' }];
  const { values } = await readExport({ 'a.json': { ...message, Metadata: { KeepMe: 'as I am' }, Content: content } });
  expect(values('message')).toMatchObject([
    { metadata: { KeepMe: 'as I am' }, parts: [{ type: 'image', url: null, fileId: 'file-abc' }] },
  ]);
});
