import { randomUUID } from 'node:crypto';
import type { OldTables } from './old-database.js';

/** The user of every install of MemGPT. */
export const stockUser = '00000000-0000-0000-0000-000000000000';

const at = (minute: number, micros = 0): string =>
  `2024-05-01 09:${String(minute).padStart(2, '0')}:00.${String(micros).padStart(6, '0')}`;

const packed = (value: object): string => JSON.stringify(value);

/** A made-up database of MemGPT 0.3.17, with what a test needs to know of it. */
export function memgptTables(name = 'Marigold') {
  const agentId = randomUUID();
  const sourceId = randomUUID();
  const ids = Array.from({ length: 9 }, () => randomUUID());
  const passageIds = [randomUUID(), randomUUID()];
  const call = (id: string, text: string) => [
    { id, tool_call_type: 'function', function: { name: 'send_message', arguments: `{\n  "message": "${text}"\n}` } },
  ];
  const head = { user_id: stockUser, agent_id: agentId, model: 'gpt-4', tool_calls: null };
  const callIds = Array.from({ length: 3 }, () => randomUUID());
  const said = (index: number): string => callIds[index] ?? '';
  const messages = [
    { ...head, id: ids[0], role: 'system', text: 'You are Marigold. ### Core memory', created_at: at(0) },
    {
      ...head,
      id: ids[1],
      role: 'assistant',
      text: 'Booting.',
      tool_calls: call(said(0), 'Hi!'),
      created_at: at(0, 1),
    },
    {
      ...{ ...head, id: ids[2], role: 'tool', name: 'send_message', tool_call_id: said(0), created_at: at(0, 2) },
      text: packed({ status: 'OK', message: null, time: '2024-05-01 02:00:00 AM PDT-0700' }),
    },
    {
      ...{ ...head, id: ids[3], role: 'user', created_at: at(0, 3) },
      text: packed({ type: 'login', last_login: 'Never', time: '2024-05-01 02:00:00 AM PDT-0700' }),
    },
    {
      ...{ ...head, id: ids[4], role: 'user', created_at: at(1) },
      text: packed({ type: 'user_message', message: 'My cat is Ünal 🐈', time: '2024-05-01 02:01:00 AM PDT-0700' }),
    },
    {
      ...{ ...head, id: ids[5], role: 'assistant', text: 'A cat.', created_at: at(2) },
      tool_calls: call(said(1).slice(0, 29), 'How lovely!'),
    },
    {
      ...{ ...head, id: ids[6], role: 'tool', name: 'send_message', tool_call_id: said(1), created_at: at(2, 5) },
      text: packed({ status: 'OK', message: 'None', time: '2024-05-01 02:02:00 AM PDT-0700' }),
    },
    { ...head, id: ids[7], role: 'user', text: '{"just": "JSON"}', created_at: at(3) },
    // Written anew after all the others, as every edit of the memory does, and still the first in view.
    { ...head, id: ids[8], role: 'system', text: 'You are Marigold, again.', created_at: at(9) },
  ];
  const inView = [ids[8], ids[4], ids[5], ids[6], ids[7]].map((id) => id ?? '');
  const schema = {
    name: 'roll_dice',
    description: 'Rolls dice.',
    parameters: {
      type: 'object',
      properties: { sides: { type: 'integer' }, request_heartbeat: { type: 'boolean' } },
      required: ['sides', 'request_heartbeat'],
    },
  };
  const functions = ['send_message', 'core_memory_append'].map((tool) => ({ name: tool, parameters: {} }));
  const longHuman = `Name: Robin. ${'Likes tea. '.repeat(600)}`;
  const tables: OldTables = {
    users: {
      columns: { id: 'uuid', default_agent: 'text', policies_accepted: 'flag' },
      rows: [{ id: stockUser, policies_accepted: false }],
    },
    tokens: {
      columns: { id: 'uuid', user_id: 'uuid', token: 'text', name: 'text' },
      rows: [{ id: randomUUID(), user_id: stockUser, token: 'sk-secret-token', name: 'mine' }],
    },
    agents: {
      columns: {
        ...{ id: 'uuid', user_id: 'uuid', name: 'text', persona: 'text', human: 'text', preset: 'text' },
        ...{ created_at: 'time', llm_config: 'json', embedding_config: 'json', state: 'json' },
      },
      rows: [
        {
          ...{ id: agentId, user_id: stockUser, name, persona: 'I am new.', human: 'Nobody yet.' },
          ...{ preset: 'memgpt_chat', created_at: '2024-05-01 09:00:00' },
          llm_config: { model: 'gpt-4', model_endpoint: 'https://private.example', context_window: 8192 },
          embedding_config: { embedding_model: 'ada', embedding_dim: 3, openai_key: 'sk-secret-openai' },
          state: {
            ...{ persona: 'I am Marigold.', human: longHuman, system: 'You are Marigold.', messages: inView },
            functions: [...functions, schema],
          },
        },
      ],
    },
    memgpt_recall_memory_agent: {
      columns: {
        ...{ id: 'uuid', user_id: 'uuid', agent_id: 'uuid', role: 'text', text: 'text', model: 'text', name: 'text' },
        ...{ tool_calls: 'json', tool_call_id: 'text', embedding: 'bytes', created_at: 'time' },
      },
      rows: messages,
    },
    memgpt_archival_memory_agent: {
      columns: {
        ...{ id: 'uuid', user_id: 'uuid', text: 'text', doc_id: 'uuid', agent_id: 'uuid', data_source: 'text' },
        ...{ embedding: 'bytes', metadata_: 'json', created_at: 'time' },
      },
      rows: [
        { id: passageIds[0], user_id: stockUser, agent_id: agentId, text: 'Ünal sleeps 🐈.\n\n', created_at: at(4) },
        { id: passageIds[1], user_id: stockUser, agent_id: agentId, text: 'Copied chunk', data_source: 'manual' },
      ],
    },
    sources: {
      columns: { id: 'uuid', user_id: 'uuid', name: 'text', created_at: 'time', description: 'text' },
      rows: [{ id: sourceId, user_id: stockUser, name: 'manual', created_at: at(5), description: 'How it works' }],
    },
    memgpt_passages: {
      columns: { id: 'uuid', user_id: 'uuid', text: 'text', doc_id: 'uuid', data_source: 'text', created_at: 'time' },
      rows: ['Press the button.', 'Then wait.'].map((text, index) => {
        return { id: randomUUID(), user_id: stockUser, text, data_source: 'manual', created_at: at(5, index) };
      }),
    },
    agent_source_mapping: {
      columns: { id: 'uuid', user_id: 'uuid', agent_id: 'uuid', source_id: 'uuid' },
      rows: [{ id: randomUUID(), user_id: stockUser, agent_id: agentId, source_id: sourceId }],
    },
    humanmodel: {
      columns: { text: 'text', name: 'text', id: 'text', user_id: 'text' },
      rows: [{ text: 'A sailor.', name: 'sailor', id: randomUUID().replaceAll('-', '') }],
    },
    toolmodel: {
      columns: {
        ...{ name: 'text', id: 'text', tags: 'json', source_type: 'text', source_code: 'text', json_schema: 'json' },
      },
      rows: [
        {
          ...{ name: 'roll_dice', id: randomUUID().replaceAll('-', ''), tags: [], source_type: 'python' },
          ...{ source_code: 'def roll_dice(sides): ...', json_schema: schema },
        },
      ],
    },
  };
  return { tables, agentId, messageIds: ids, inView, passageIds, sourceId, longHuman };
}
