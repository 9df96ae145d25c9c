import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToolRegistry } from '../../../src/engine/tools/registry.js';
import { openSqlite } from '../../../src/store/sqlite-driver.js';
import { lettaReader } from '../../../src/transfer/letta/reader.js';
import { sharedTools } from '../../../src/transfer/letta/tools.js';
import type { Problem, RecordOf, TransferRecord } from '../../../src/transfer/record.js';
import { earlyTables } from './letta-tables.js';
import { memgptTables } from './memgpt-tables.js';
import { writeSqlite, type OldTables } from './old-database.js';
import { readAll } from './read-all.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadkeeper-letta-reader-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function pathOf(tables: OldTables, name = 'sqlite.db'): string {
  const path = join(folder, `${randomUUID()}-${name}`);
  writeSqlite(path, tables);
  return path;
}

const read = (...paths: string[]): Promise<(TransferRecord | Problem)[]> => readAll(lettaReader, paths, folder);

function messagesOf(items: (TransferRecord | Problem)[]): RecordOf<'message'>['value'][] {
  return items.flatMap((item) => (item.kind === 'message' ? [item.value] : []));
}

describe('a file that is read', () => {
  it('is refused where it is cut off, no database, or none of MemGPT or Letta', async () => {
    const whole = pathOf(memgptTables().tables);
    await truncate(whole, (await stat(whole)).size / 2);
    await expect(read(whole)).rejects.toThrow(/is damaged, or was cut off/u);
    const text = join(folder, 'notes.db');
    await writeFile(text, 'Dear diary');
    await expect(read(text)).rejects.toThrow('The file notes.db is no SQLite database.');
    const agentFile = join(folder, 'marigold.af');
    await writeFile(agentFile, '{"agents": []}');
    await expect(read(agentFile)).rejects.toThrow('The file marigold.af is no database: agent files are read by the');
    const other = pathOf({ agents: { columns: { id: 'text', licence: 'text' }, rows: [] } });
    await expect(read(other)).rejects.toThrow(/holds no agents of MemGPT or Letta/u);
  });

  it('is not changed, nor locked, nor kept from being read by whoever has locked it', async () => {
    const path = pathOf(memgptTables().tables);
    const before = await readFile(path);
    const server = openSqlite(path);
    server.exec('begin exclusive');
    expect((await read(path)).filter(({ kind }) => kind === 'agent')).toHaveLength(1);
    server.exec('rollback');
    server.close();
    expect(await readFile(path)).toEqual(before);
  });

  it('shows what its server has written beside it and not yet into it', async () => {
    const memgpt = memgptTables();
    const path = pathOf(memgpt.tables);
    const server = openSqlite(path);
    server.exec('pragma journal_mode = wal');
    server.run(`update agents set name = 'Late edit'`);
    const agent = (await read(path)).find((item) => item.kind === 'agent');
    server.close();
    expect(agent?.value).toMatchObject({ name: 'Late edit' });
  });

  it('may lack every table but that of the agents', async () => {
    const { agents } = earlyTables().tables;
    if (agents === undefined) return;
    const items = await read(pathOf({ agents }));
    expect(items.flatMap((item) => (item.kind === 'problem' ? [item.severity] : []))).not.toContain('broken');
    expect(items.filter(({ kind }) => kind === 'agent')).toHaveLength(1);
  });

  it('may spell ids without dashes, keep JSON as bytes and times as days, and lack columns', async () => {
    const { tables, messageIds, inView, agentId } = memgptTables();
    const plain = (id: unknown): string => String(id).replaceAll('-', '');
    const { agents, memgpt_recall_memory_agent: recall, memgpt_archival_memory_agent: archive } = tables;
    const [row] = agents?.rows ?? [];
    if (agents === undefined || row === undefined || recall === undefined || archive === undefined) return;
    const state = { ...(row['state'] as object), messages: inView.map(plain) };
    agents.columns['state'] = 'bytes';
    Object.assign(row, { id: plain(agentId), state: Buffer.from(JSON.stringify(state)), created_at: '2024-05-01' });
    for (const { rows } of [recall, archive]) for (const each of rows) each['agent_id'] = plain(agentId);
    for (const each of recall.rows) each['id'] = plain(each['id']);
    const lacking = { rows: [{ label: 'human' }], columns: { label: 'text' } } as const;
    const items = await read(pathOf({ ...tables, humanmodel: { ...lacking, rows: [...lacking.rows] } }));
    expect(messagesOf(items).map(({ id }) => id)).toEqual(expect.arrayContaining(messageIds));
    expect(items.filter((item) => item.kind === 'passage')).toHaveLength(1);
    expect(items.find((item) => item.kind === 'agent')?.value).toMatchObject({
      id: agentId,
      createdAt: Date.parse('2024-05-01T00:00:00Z'),
    });
    const missing = items.filter((item) => item.kind === 'problem' && item.why.includes('not among its messages'));
    expect(missing).toEqual([]);
  });

  it('may hold calls of tools that are no JSON, which is told', async () => {
    const { tables, messageIds } = memgptTables();
    const recall = tables['memgpt_recall_memory_agent'];
    if (recall === undefined) return;
    recall.columns['tool_calls'] = 'bytes';
    for (const row of recall.rows) {
      const calls = row['tool_calls'] ?? null;
      row['tool_calls'] = calls === null ? null : Buffer.from('80049500', 'hex');
    }
    const items = await read(pathOf(tables));
    const told = items.filter((item) => item.kind === 'problem' && item.why.includes('no JSON, a pickle'));
    expect(told).toHaveLength(recall.rows.filter((row) => row['tool_calls'] !== null).length);
    expect(told.length).toBeGreaterThan(0);
    expect(messagesOf(items).map(({ id }) => id)).toEqual(expect.arrayContaining(messageIds));
  });

  it('may hold a message that is too large, which is told and leaves the others', async () => {
    const { tables, messageIds } = memgptTables();
    const huge = tables['memgpt_recall_memory_agent']?.rows.find(({ id }) => id === messageIds[7]);
    if (huge !== undefined) huge['text'] = 'x'.repeat(16_000_001);
    const items = await read(pathOf(tables));
    const told = items.filter(
      (item) => item.kind === 'problem' && item.why.startsWith('A part of this message is larger'),
    );
    expect(told).toHaveLength(1);
    expect(messagesOf(items).map(({ id }) => id)).toEqual(expect.arrayContaining(messageIds));
  });
});

describe('the times of MemGPT', () => {
  it('that a clock on the wall wrote are set right by the messages that name their zone', async () => {
    const { tables, messageIds } = memgptTables();
    // What was 09:00 in universal time is 02:00 where that server stood.
    for (const row of tables['memgpt_recall_memory_agent']?.rows ?? []) {
      row['created_at'] = String(row['created_at']).replace(' 09:', ' 02:');
    }
    const times = new Map(messagesOf(await read(pathOf(tables))).map(({ id, createdAt }) => [id, createdAt]));
    expect(times.get(messageIds[0] ?? '')).toBe(Date.parse('2024-05-01T09:00:00Z'));
    expect(times.get(messageIds[7] ?? '')).toBe(Date.parse('2024-05-01T09:03:00Z'));
  });

  it('that are universal already stay as they are', async () => {
    const { tables, messageIds } = memgptTables();
    const items = await read(pathOf(tables));
    const times = new Map(messagesOf(items).map(({ id, createdAt }) => [id, createdAt]));
    expect(times.get(messageIds[7] ?? '')).toBe(Date.parse('2024-05-01T09:03:00Z'));
    expect(items.some((item) => item.kind === 'problem' && item.why.includes('local clock'))).toBe(false);
  });
});

describe('agents of the releases between', () => {
  it('of MemGPT 0.3.19 and later have sections of memory, and name their tools', async () => {
    const { tables } = memgptTables();
    const { agents, toolmodel } = tables;
    const [row] = agents?.rows ?? [];
    if (agents === undefined || toolmodel === undefined || row === undefined) return;
    const { persona: _persona, human: _human, preset: _preset, ...columns } = agents.columns;
    const state = {
      ...{ system: 'Be in between.', messages: null },
      memory: { human: { value: ['Likes tea', 'and toast'], limit: 5, description: 'Who' }, moods: { value: 'Fine.' } },
    };
    const changed = {
      ...row,
      state,
      tools: ['send_message', 'roll_dice'],
      _metadata: { human: 'sailor', kept: 'yes' },
    };
    const table = { columns: { ...columns, tools: 'json', _metadata: 'json' } as const, rows: [changed] };
    const items = await read(pathOf({ agents: table, toolmodel }));
    const blocks = items.flatMap((item) => (item.kind === 'block' ? [[item.value.label, item.value.value]] : []));
    expect(blocks).toEqual([
      ['human', 'Likes tea,and toast'],
      ['moods', 'Fine.'],
    ]);
    expect(items.find((item) => item.kind === 'agent')?.value).toMatchObject({
      ...{ instructions: 'Be in between.', metadata: { kept: 'yes' }, faceData: { humanName: 'sailor' } },
      tools: [
        { type: 'builtin', name: 'send_message' },
        { type: 'function', name: 'roll_dice', description: 'Rolls dice.', kept: true },
      ],
    });
  });

  it('of Letta 0.4 and 0.5 have each a copy of a block that was made once for several, and it may differ', async () => {
    const { agents } = earlyTables().tables;
    const [row] = agents?.rows ?? [];
    if (agents === undefined || row === undefined) return;
    const rows = ['Ours.', 'Mine by now.'].map((value, index) => ({
      ...{ ...row, id: `agent-0000000${index}`, name: `Number ${index}` },
      memory: { memory: { plans: { id: 'block-shared', value, limit: 99, label: 'plans' } }, prompt_template: '' },
    }));
    const items = await read(pathOf({ agents: { ...agents, rows } }));
    const blocks = items.flatMap((item) => (item.kind === 'block' ? [item.value] : []));
    expect(blocks.map(({ value }) => value)).toEqual(['Ours.', 'Mine by now.']);
    expect(blocks[0]?.id).toBe('block-shared');
    const places = items.flatMap((item) => (item.kind === 'memory-block' ? [item.value.blockId] : []));
    expect(places).toEqual(blocks.map(({ id }) => id));
  });

  it('of Letta 0.6 have blocks and passages in tables of their own, and text where later ones have parts', async () => {
    const early = earlyTables();
    const { agents, messages } = early.tables;
    if (agents === undefined || messages === undefined) return;
    const { memory: _memory, user_id: _user, tools: _tools, ...columns } = agents.columns;
    const items = await read(
      pathOf({
        agents: { columns, rows: agents.rows },
        messages,
        block: {
          columns: { id: 'text', value: 'text', limit: 'integer', label: 'text', is_template: 'flag' },
          rows: [{ id: 'block-1', value: 'I am mid.', limit: 100, label: 'persona', is_template: false }],
        },
        blocks_agents: {
          columns: { agent_id: 'text', block_id: 'text' },
          rows: [{ agent_id: early.agentId, block_id: 'block-1' }],
        },
        agent_passages: {
          columns: { id: 'text', agent_id: 'text', text: 'text', is_deleted: 'flag', created_at: 'time' },
          rows: [
            {
              id: early.passageId,
              agent_id: early.agentId,
              text: 'Kept.',
              is_deleted: false,
              created_at: '2025-01-01',
            },
            { id: 'passage-2', agent_id: early.agentId, text: 'Deleted.', is_deleted: true },
            { id: 'passage-3', agent_id: 'agent-of-nobody', text: 'An orphan.' },
          ],
        },
      }),
    );
    expect(items.flatMap((item) => (item.kind === 'block' ? [item.value.value] : []))).toEqual(['I am mid.']);
    expect(items.flatMap((item) => (item.kind === 'passage' ? [item.value.text] : []))).toEqual(['Kept.']);
    expect(items.filter((item) => item.kind === 'problem' && item.severity === 'left-out')).toMatchObject([
      { place: { at: 'agent_passages, 1 of agent-of-nobody' } },
    ]);
    const [, call, result] = messagesOf(items);
    expect(call?.parts).toMatchObject([{ text: 'Up!' }, { type: 'tool-call', name: 'fly' }]);
    expect(result?.parts).toMatchObject([{ output: 'No wings', failed: true }]);
  });
});

describe('an archive in Chroma', () => {
  const memgpt = memgptTables();
  const { memgpt_archival_memory_agent: _archive, ...tables } = memgpt.tables;
  const entry = (row: number, members: Record<string, string | number>) =>
    Object.entries(members).map(([key, value]) => ({
      ...{ id: row, key, string_value: typeof value === 'string' ? value : null },
      int_value: typeof value === 'number' ? value : null,
    }));
  const [first, copy, pending] = [randomUUID(), randomUUID(), randomUUID()];
  const own = { agent_id: memgpt.agentId, created_at: 1_714_554_000 };
  const chroma: OldTables = {
    embeddings: {
      columns: { id: 'integer', embedding_id: 'text' },
      rows: [
        { id: 1, embedding_id: first },
        { id: 2, embedding_id: copy },
      ],
    },
    embedding_metadata: {
      columns: { id: 'integer', key: 'text', string_value: 'text', int_value: 'integer' },
      rows: [
        ...entry(1, { ...own, 'chroma:document': 'Ünal likes fish 🐟' }),
        ...entry(2, { ...own, 'chroma:document': 'A chunk', data_source: 'manual' }),
      ],
    },
    embeddings_queue: {
      columns: { seq_id: 'integer', operation: 'integer', id: 'text', metadata: 'text' },
      rows: [
        { seq_id: 1, operation: 0, id: first, metadata: JSON.stringify({ ...own, 'chroma:document': 'Old text' }) },
        { seq_id: 2, operation: 0, id: pending, metadata: JSON.stringify({ ...own, 'chroma:document': 'New' }) },
      ],
    },
  };

  it('comes along from the folder beside the database, with what it has not yet sorted in', async () => {
    const items = await read(pathOf(tables), pathOf(chroma, 'chroma.sqlite3'));
    const passages = items.flatMap((item) => (item.kind === 'passage' ? [item.value] : []));
    expect(passages).toMatchObject([
      { id: first, text: 'Ünal likes fish 🐟', createdAt: 1_714_554_000_000 },
      { id: pending, text: 'New' },
    ]);
  });

  it('is without what was deleted from it, though the queue of what was written still has it', async () => {
    const [deleted, written] = [randomUUID(), randomUUID()];
    const said = (text: string): string => JSON.stringify({ ...own, 'chroma:document': text });
    const queue = [
      { seq_id: 1, operation: 2, id: deleted, metadata: said('Forget me') },
      { seq_id: 2, operation: 2, id: written, metadata: said('Before') },
      { seq_id: 3, operation: 3, id: deleted, metadata: null },
      { seq_id: 4, operation: 3, id: written, metadata: null },
      { seq_id: 5, operation: 2, id: written, metadata: said('After') },
    ];
    const { embeddings_queue: _queue, ...sorted } = chroma;
    const columns = { seq_id: 'integer', operation: 'integer', id: 'text', metadata: 'text' } as const;
    const held = { ...sorted, embeddings_queue: { columns, rows: queue } };
    const items = await read(pathOf(tables), pathOf(held, 'chroma.sqlite3'));
    const passages = items.flatMap((item) => (item.kind === 'passage' ? [[item.value.id, item.value.text]] : []));
    expect(passages).toEqual([
      [first, 'Ünal likes fish 🐟'],
      [written, 'After'],
    ]);
  });

  it('brings the pieces of documents that lie there too, each document by itself', async () => {
    const [document, manual] = [
      randomUUID(),
      { data_source: 'manual', user_id: '00000000-0000-0000-0000-000000000000' },
    ];
    const { memgpt_passages: _passages, ...rest } = tables;
    const piece = (row: number, text: string, more: object) =>
      entry(row, { ...manual, created_at: 1_714_554_000 + row, 'chroma:document': text, ...more });
    const held: OldTables = {
      embeddings: {
        columns: { id: 'integer', embedding_id: 'text' },
        rows: [1, 2, 3, 4].map((id) => ({ id, embedding_id: `00000000-0000-4000-8000-00000000000${id}` })),
      },
      embedding_metadata: {
        columns: { id: 'integer', key: 'text', string_value: 'text', int_value: 'integer' },
        rows: [
          ...piece(1, 'Press the button.', { doc_id: document }),
          ...piece(2, 'Then wait.', { doc_id: document }),
          ...piece(3, 'A note without a document.', {}),
          ...piece(4, 'A copy for an agent.', { agent_id: memgpt.agentId }),
        ],
      },
    };
    const items = await read(pathOf(rest), pathOf(held, 'chroma.sqlite3'));
    const files = items.flatMap((item) => (item.kind === 'file' ? [item.value.id] : []));
    expect(files).toHaveLength(2);
    expect(files).toContain(document);
    const pieces = items.flatMap((item) => (item.kind === 'library-passage' ? [item.value] : []));
    expect(pieces.map(({ text, position }) => [text, position])).toEqual([
      ['Press the button.', 0],
      ['Then wait.', 1],
      ['A note without a document.', 0],
    ]);
    expect(new Set(pieces.map(({ libraryFileId }) => libraryFileId)).size).toBe(2);
    expect(items.filter((item) => item.kind === 'passage')).toEqual([]);
  });

  it('that was not brought along is missed', async () => {
    const items = await read(pathOf(tables));
    expect(items[0]).toMatchObject({ kind: 'problem', severity: 'note' });
  });
});

it('The tools that are taken for the same as ours are all here', () => {
  const registry = createToolRegistry();
  expect([...sharedTools].filter((name) => registry.find(name) === null)).toEqual([]);
});
