import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultUserId, newId } from '../../../src/domain/ids.js';
import { textOf, type Message } from '../../../src/domain/message.js';
import { agentFileReader } from '../../../src/transfer/letta/agent-file/reader.js';
import type { TransferReport } from '../../../src/transfer/report.js';
import { asAdmin, startApp, type RunningApp } from '../../http/running-app.js';
import { readAll } from './read-all.js';

const sample = fileURLToPath(new URL('../../../examples/marigold.af', import.meta.url));
const admin = { userId: defaultUserId, role: 'admin' } as const;
let app: RunningApp;
let other: RunningApp;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadkeeper-agent-file-'));
  [app, other] = await Promise.all([startApp(), startApp()]);
});
afterAll(async () => {
  await Promise.all([app.close(), other.close()]);
  await rm(folder, { recursive: true, force: true });
});

async function take(to: RunningApp, path: string): Promise<TransferReport> {
  const wanted = { format: 'af', location: { path }, userId: null, isDryRun: false, isLenient: false } as const;
  return to.services.transfers.import(admin, wanted, () => undefined, new AbortController().signal);
}

async function fileOf(content: unknown): Promise<string> {
  const path = join(folder, `${newId()}.af`);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function agentNamed(to: RunningApp, name: string) {
  const agent = await to.store.agents.findByName(defaultUserId, name, 'native');
  if (agent === null) throw new Error(`No ${name}.`);
  return agent;
}

async function messagesOf(to: RunningApp, name: string): Promise<Message[]> {
  const { mainConversationId } = await agentNamed(to, name);
  const request = { limit: 1_000, order: 'asc', visibleOnly: false } as const;
  return (await to.store.messages.page(mainConversationId ?? '', request)).items;
}

async function exported(from: RunningApp, id: string): Promise<string> {
  const response = await fetch(`${from.url}/admin/export?format=af&agent=agent-${id}`, { headers: asAdmin });
  expect(response.status).toBe(200);
  return response.text();
}

describe('an agent file of the form with lists', () => {
  let report: TransferReport;
  beforeAll(async () => {
    report = await take(app, sample);
  });

  it('comes in with its blocks, tools, rules, source and document, and leaves secrets behind', async () => {
    expect(report.problems.map(({ severity, why }) => [severity, why])).toEqual([
      ['left-out', 'A secret of a tool is not imported; set it anew where it is needed.'],
    ]);
    expect(report.counts).toMatchObject({
      agent: { created: 1 },
      block: { created: 2 },
      tool: { created: 1 },
      library: { created: 1 },
      file: { created: 1 },
      'library-file': { created: 1 },
    });
    const agent = await agentNamed(app, 'Marigold');
    expect(agent).toMatchObject({
      ...{ model: 'gpt-4o-mini', protocol: 'heartbeat', metadata: { season: 'spring', timezone: 'Europe/Lisbon' } },
      settings: { contextWindow: 32_000, toolRules: [{ type: 'exit_loop', toolName: 'send_message' }] },
    });
    const answer = await fetch(`${app.url}/v1/agents/agent-${agent.id}`, { headers: asAdmin });
    expect(await answer.json()).toMatchObject({
      memory: { memory: { human: { value: 'Name: Robin. Has two beds.' } } },
      tools: ['send_message', 'core_memory_append', 'water'],
    });
  });

  it('has in view what it had, and before it what it had not', async () => {
    const messages = await messagesOf(app, 'Marigold');
    const agent = await agentNamed(app, 'Marigold');
    const window = await app.store.conversations.window(agent.id, agent.mainConversationId ?? '');
    const told = messages.map(
      (message) => `${message.seq < (window?.liveFromSeq ?? 0) ? 'out' : 'in'} ${message.kind}`,
    );
    expect(told).toEqual(['out said', 'out alert', 'in boot', 'in said', 'in said', 'in inner', 'in inner']);
    expect(messages.filter(({ visible }) => visible).map(textOf)).toEqual([
      'I planted leeks in the north bed.',
      'And 🥕 in the south bed.',
      'Carrots in the south bed, noted!',
    ]);
  });

  it('that is a text within a text is read all the same, and a second time changes nothing', async () => {
    const text = await readFile(sample, 'utf8');
    const again = await take(app, await fileOf(JSON.stringify(text)));
    expect(again.counts.agent).toMatchObject({ read: 1, created: 0, present: 1 });
    expect(again.counts.message).toMatchObject({ created: 0, leftOut: 0 });
  });

  it('that is cut off changes nothing, and the report says so', async () => {
    const before = await app.rows();
    const cut = await take(app, await fileOf((await readFile(sample, 'utf8')).slice(0, -40)));
    expect(cut.outcome).toBe('refused');
    expect(cut.problems).toMatchObject([{ severity: 'broken', why: 'The file is no agent file, or is cut off.' }]);
    expect(await app.rows()).toEqual(before);
  });
});

describe('an agent that is exported as a file', () => {
  let text: string;
  beforeEach(async () => {
    const agent = await agentNamed(app, 'Marigold');
    const memory = await app.store.memories.findByKey(agent.id, 'default');
    const id = '0196f0a0-0000-7000-8000-000000000001';
    const passage = { id, memoryId: memory?.id ?? '', text: ' Robin\tlikes "quotes" \\ 🐌\n', tags: ['likes'] };
    await app.store.transfers.insert('passage', defaultUserId, [{ ...passage, createdAt: 5 }]);
    text = await exported(app, agent.id);
  });

  it('comes out of another server as it went in, with its archive and all that was said', async () => {
    const report = await take(other, await fileOf(text));
    expect(report.problems).toEqual([]);
    expect(await messagesOf(other, 'Marigold')).toEqual(await messagesOf(app, 'Marigold'));
    const agent = await agentNamed(app, 'Marigold');
    expect(await agentNamed(other, 'Marigold')).toEqual(agent);
    const own = (written: string): unknown =>
      (JSON.parse(written) as { threadkeeper: { records: unknown } }).threadkeeper;
    expect(own(await exported(other, agent.id))).toMatchObject({
      records: (own(text) as { records: unknown }).records,
    });
    expect(text).toContain('Robin\\tlikes \\"quotes\\"');
  });

  it('is a file that Letta can read: every id is counted, and every reference leads somewhere', () => {
    const file = JSON.parse(text) as Record<string, { id: string }[]>;
    const [agent] = file['agents'] as unknown as Record<string, unknown>[];
    const messages = (agent?.['messages'] ?? []) as { id: string; role: string }[];
    for (const kind of ['agents', 'blocks', 'tools', 'sources', 'files']) {
      for (const { id } of file[kind] ?? []) expect(id).toMatch(new RegExp(`^${kind.slice(0, -1)}-\\d+$`, 'u'));
    }
    const inView = agent?.['in_context_message_ids'] as string[];
    expect(messages.find(({ id }) => id === inView[0])?.role).toBe('system');
    expect(messages.map(({ id }) => id)).toEqual(expect.arrayContaining(inView));
    const idsOf = (kind: string): string[] => (file[kind] ?? []).map(({ id }) => id);
    expect(agent?.['block_ids']).toEqual(expect.arrayContaining(idsOf('blocks')));
    expect(agent?.['tool_ids']).toEqual(idsOf('tools'));
    expect(agent?.['source_ids']).toEqual(idsOf('sources'));
  });

  it('and edited since is read by what everybody can read', async () => {
    const edited = JSON.parse(text) as { agents: { name: string }[]; threadkeeper: { ids: object } };
    for (const agent of edited.agents) agent.name = 'Renamed';
    edited.threadkeeper.ids = {};
    const report = await take(other, await fileOf(edited));
    expect(report.problems.map(({ why }) => why)).toEqual([
      'The file was edited since it was exported: what the form has no place for was left behind.',
      'The name or the place of this tool is taken.',
    ]);
    expect((await messagesOf(other, 'Renamed')).filter(({ visible }) => visible)).toHaveLength(3);
  });
});

describe('an agent file as people share them', () => {
  const block = (index: number, label: string, more: object = {}) => ({
    ...{ id: `block-${index}`, label, value: `Of ${label}.`, limit: 100, metadata: {}, read_only: false, ...more },
  });
  const labels = ['soul', '/notes/all', 'persona', 'about_user'];
  const shared = {
    agents: [
      {
        ...{ id: 'agent-0', name: 'Shared', system: '', agent_type: 'letta_v1_agent', tags: ['social'] },
        ...{ block_ids: labels.map((_label, index) => `block-${index}`), tool_ids: ['tool-0', 'tool-1'] },
        ...{ tool_exec_environment_variables: { KEY: '' }, secrets: { KEY: '' }, hidden: true, max_files_open: 5 },
        ...{ llm_config: { model: 'gpt-4o-mini', frequency_penalty: 1, effort: 'medium' }, embedding_config: null },
        ...{ message_buffer_autoclear: true, response_format: { type: 'json_object' }, group_ids: ['group-0'] },
        source_ids: ['source-0'],
        in_context_message_ids: ['message-0'],
        messages: [
          {
            id: 'message-0',
            role: 'system',
            content: [{ type: 'text', text: '\n\n' }],
            created_at: '2025-11-20T01:00:00Z',
          },
        ],
        tool_rules: [
          { tool_name: 'look', type: 'exit_loop', prompt_template: null },
          { tool_name: 'look', type: 'exit_loop', prompt_template: '{{ tool_name }}' },
          { tool_name: '', type: 'max_count_per_step', max_count_limit: 1 },
          { tool_name: 'look', type: 'run_first', args: { far: true } },
        ],
      },
    ],
    blocks: [...labels.map((label, index) => block(index, label)), block(9, 'nobody', { metadata: { of: 'mine' } })],
    groups: [
      {
        ...{ id: 'group-0', agent_ids: ['agent-1'], description: '' },
        manager_config: { manager_type: 'sleeptime', manager_agent_id: 'agent-0', sleeptime_agent_frequency: null },
      },
    ],
    sources: [{ id: 'source-0', name: 'zines', instructions: 'Read them.', metadata: { kind: 'zine' } }],
    tools: [
      { id: 'tool-0', name: 'memory_insert', tool_type: 'letta_sleeptime_core', source_code: null, json_schema: {} },
      { id: 'tool-1', name: 'web_search', tool_type: 'letta_builtin', source_code: null, json_schema: {} },
    ],
    ...{ files: [], mcp_servers: [{ id: 'mcp_server-0', server_name: 'exa' }] },
    created_at: '2026-01-22T00:47:16.256361+00:00',
  };

  it('keeps the order of its blocks, its settings and the age of its agent, and tells what it cannot keep', async () => {
    const report = await take(app, await fileOf(JSON.stringify(JSON.stringify(shared))));
    expect(report.problems.map(({ severity, why, count }) => [severity, why, count])).toEqual([
      ['changed', expect.stringMatching(/^A group with a sleeping agent became a setting/u), 1],
      ['left-out', 'Of mcp_servers in agent files nothing is imported.', 1],
      ['left-out', 'A secret of a tool is not imported; set it anew where it is needed.', 1],
      ['changed', 'A rule for tools that names none was left behind.', 1],
      ['changed', 'Arguments that a rule for tools fills in were left behind; the rule was kept.', 1],
      ['changed', 'An agent that was shown nothing of what was said before is shown it here.', 1],
      ['left-out', 'A block that no agent has is not imported.', 1],
    ]);
    const agent = await agentNamed(app, 'Shared');
    expect(agent).toMatchObject({
      ...{ createdAt: Date.parse('2025-11-20T01:00:00Z'), metadata: { sleep_time_every: '1' } },
      settings: {
        ...{ frequencyPenalty: 1, responseFormat: { type: 'json_object' } },
        toolRules: [
          { type: 'exit_loop', toolName: 'look' },
          { type: 'run_first', toolName: 'look' },
        ],
      },
    });
    const memory = await app.store.memories.findByKey(agent.id, 'default');
    const blocks = await app.store.memories.blocks(memory?.id ?? '');
    expect(blocks.map(({ label }) => label)).toEqual(labels);
  });

  it('is written again with all of that', async () => {
    const agent = await agentNamed(app, 'Shared');
    const written = JSON.parse(await exported(app, agent.id)) as Record<string, Record<string, unknown>[]>;
    expect(written['blocks']?.map((each) => each['label']).toSorted()).toEqual(labels.toSorted());
    const named = new Map(written['blocks']?.map((each) => [each['id'], each['label']]));
    const [filed] = written['agents'] ?? [];
    expect((filed?.['block_ids'] as string[]).map((id) => named.get(id))).toEqual(labels);
    expect(filed).toMatchObject({
      ...{ message_buffer_autoclear: true, response_format: { type: 'json_object' }, hidden: true, max_files_open: 5 },
      llm_config: { frequency_penalty: 1, effort: 'medium' },
    });
    expect(written['tools']?.map((tool) => [tool['name'], tool['tool_type']])).toEqual([
      ['memory_insert', 'letta_sleeptime_core'],
      ['web_search', 'letta_builtin'],
    ]);
    expect(written['sources']).toMatchObject([{ instructions: 'Read them.', metadata: { kind: 'zine' } }]);
  });

  it.each([
    ['letta_v1_agent', ['Let me look.'], ['said', 'inner']],
    ['memgpt_v2_agent', [], ['inner']],
  ])('of the kind %s is heard beside its calls, or not', async (type, heard, kinds) => {
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
    const content = [
      { type: 'reasoning', is_native: true, reasoning: 'A look is cheap.' },
      { type: 'text', text: 'Let me look.' },
    ];
    const messages = [{ id: 'message-0', role: 'assistant', content, tool_calls: [call] }];
    const agents = shared.agents.map((agent) => ({ ...agent, agent_type: type, messages }));
    const items = await readAll(agentFileReader, [await fileOf({ ...shared, agents })], folder);
    const rows = items.flatMap((item) => (item.kind === 'message' ? [item.value] : []));
    expect(rows.map(({ kind }) => kind)).toEqual(kinds);
    expect(rows.filter(({ visible }) => visible).map(textOf)).toEqual(heard);
    const told = JSON.stringify(rows);
    expect(told.split('Let me look.')).toHaveLength(2);
    expect(rows.at(-1)?.parts).toContainEqual(expect.objectContaining({ type: 'tool-call' }));
    expect(told).toContain('A look is cheap.');
  });

  it('has what its answers must look like left behind where a tool speaks, which is told, as data of blocks are', async () => {
    const [agent] = shared.agents;
    const blocks = [block(0, 'soul', { metadata: { of: 'mine' } })];
    const speaking = { ...agent, agent_type: 'memgpt_agent', tool_ids: ['tool-0'], block_ids: ['block-0'] };
    const tools = [{ id: 'tool-0', name: 'send_message', tool_type: 'letta_core', json_schema: {} }];
    const items = await readAll(
      agentFileReader,
      [await fileOf({ ...shared, agents: [speaking], tools, blocks })],
      folder,
    );
    const told = items.flatMap((item) => (item.kind === 'problem' ? [item.why] : []));
    expect(told).toContain('The form that the answers of an agent had to have was left behind.');
    expect(told).toContain('A block had data of its own beside it, which were left behind.');
    const read = items.find((item) => item.kind === 'agent');
    expect(read?.value.settings).not.toHaveProperty('responseFormat');
  });
});

describe('an agent file of the flat form', () => {
  const message = (role: string, text: string, more: object = {}) => ({
    ...{ role, content: [{ type: 'text', text }], tool_calls: [], tool_returns: [], tool_call_id: null },
    ...{ created_at: '2025-04-01T03:47:12', ...more },
  });
  const flat = {
    ...{ agent_type: 'memgpt_agent', name: 'Flat', system: 'Be flat.', version: '0.6.47', description: null },
    ...{
      created_at: '2025-04-01T03:47:12',
      updated_at: '2025-04-01T03:47:12',
      metadata_: null,
      tags: [{ tag: 'old' }],
    },
    ...{ llm_config: { model: 'gpt-4' }, embedding_config: null, tool_rules: [], multi_agent_group: null },
    core_memory: [{ label: 'persona', value: 'Flat as can be.', limit: 3, is_template: false }],
    messages: [message('system', 'Be flat.'), message('user', 'One'), message('user', 'Two'), message('user', 'Three')],
    in_context_message_indices: [0, 3, 2],
    tools: [
      { name: 'send_message', tool_type: 'letta_core', source_code: null, json_schema: { name: 'send_message' } },
    ],
    tool_exec_environment_variables: [{ key: 'KEY', value: 'sk-secret', description: null }],
  };

  async function readFlat(content: object): Promise<{ texts: string[]; everything: string }> {
    const items = await readAll(agentFileReader, [await fileOf(content)], folder);
    const texts = items.flatMap((item) => (item.kind === 'message' ? [textOf(item.value)] : []));
    return { texts, everything: JSON.stringify(items) };
  }

  it('keeps the order that its list of indices tells, which is not that of its messages', async () => {
    const { texts, everything } = await readFlat(flat);
    expect(texts).toEqual(['One', 'Be flat.', 'Three', 'Two']);
    expect(everything).toContain('Flat as can be.');
    expect(everything).not.toContain('sk-secret');
  });

  it('of the first releases marks each message that is in view', async () => {
    const { in_context_message_indices: indices, ...early } = flat;
    const messages = early.messages.map((each, index) => ({
      ...each,
      in_context: indices.slice(0, 2).includes(index),
    }));
    expect((await readFlat({ ...early, messages })).texts).toEqual(['One', 'Two', 'Be flat.', 'Three']);
  });
});
