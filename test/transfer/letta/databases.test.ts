import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultUserId, newId } from '../../../src/domain/ids.js';
import type { TransferReport } from '../../../src/transfer/report.js';
import { asAdmin, startApp, type RunningApp } from '../../http/running-app.js';
import { temporaryPostgres } from '../../support/databases.js';
import { earlyTables, lateTables } from './letta-tables.js';
import { memgptTables } from './memgpt-tables.js';
import { writePostgres, writeSqlite, type OldTables } from './old-database.js';

let app: RunningApp;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadkeeper-letta-'));
  app = await startApp({ script: [{ calls: [{ name: 'send_message', arguments: { message: 'Still here.' } }] }] });
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

async function read<T>(path: string, headers: Record<string, string> = asAdmin): Promise<T> {
  const response = await fetch(`${app.url}${path}`, { headers });
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as T;
}

async function take(place: string, userId: string | null = null): Promise<TransferReport> {
  const location = place.includes('://') ? { url: place } : { path: place };
  const wanted = { format: 'letta', location, userId, isDryRun: false, isLenient: false } as const;
  const admin = { userId: defaultUserId, role: 'admin' } as const;
  return app.services.transfers.import(admin, wanted, () => undefined, new AbortController().signal);
}

/** Headers of a user who came along, and has no key yet. */
async function headersOf(userId: string): Promise<Record<string, string>> {
  const admin = { userId: defaultUserId, role: 'admin' } as const;
  const issued = await app.services.users.createKey(admin, userId, null);
  return { authorization: `Bearer ${issued.secret}` };
}

function fileWith(tables: OldTables): string {
  const path = join(folder, `${newId()}.db`);
  writeSqlite(path, tables);
  return path;
}

interface Told {
  id: string;
  role: string;
  text: string | null;
  in_context: boolean;
  name: string | null;
  tool_calls: { id: string; function: { arguments: string } }[] | null;
  tool_call_id: string | null;
}

describe('a database of MemGPT', () => {
  const memgpt = memgptTables();
  let report: TransferReport;
  let path: string;
  beforeAll(async () => {
    path = fileWith(memgpt.tables);
    report = await take(path);
  });

  it('comes in whole, and the report counts all of it', () => {
    expect(report.outcome).toBe('imported');
    expect(report.problems.filter(({ severity }) => severity !== 'changed')).toEqual([]);
    const created = Object.entries(report.counts).map(([kind, counts]) => [kind, counts.read, counts.created]);
    expect(created).toEqual(
      expect.arrayContaining([
        ['agent', 1, 1],
        ['block', 2, 2],
        ['passage', 1, 1],
      ]),
    );
    expect(created.filter(([, count, made]) => count !== made)).toEqual([]);
  });

  it('gives back an agent under each spelling of its id, with the memory it had last', async () => {
    // The system message is a record: prompts are compiled anew.
    const live = memgpt.inView.slice(1);
    const { agent_state: state } = await read<{ agent_state: Record<string, unknown> }>(
      `/api/agents/${memgpt.agentId}`,
    );
    expect(state).toMatchObject({
      ...{ name: 'Marigold', system: 'You are Marigold.', preset: 'memgpt_chat' },
      ...{ persona: 'I am new.', tools: ['send_message', 'core_memory_append', 'roll_dice'] },
      state: { persona: 'I am Marigold.', human: memgpt.longHuman, messages: live },
    });
    const late = await read<Record<string, unknown>>(`/v1/agents/agent-${memgpt.agentId}`);
    expect(late).toMatchObject({ message_ids: live.map((id) => `message-${id}`) });
  });

  it('shows what was out of view before what is in view, in the order in which the agent had it', async () => {
    const { messages } = await read<{ messages: Told[] }>(
      `/api/agents/${memgpt.agentId}/messages-cursor?limit=100&reverse=false`,
    );
    const outOfView = memgpt.messageIds.filter((id) => !memgpt.inView.includes(id));
    expect(messages.map(({ id }) => id).sort()).toEqual([...memgpt.messageIds].sort());
    const { messages: newest } = await read<{ messages: Told[] }>(
      `/api/agents/${memgpt.agentId}/messages?start=0&count=100`,
    );
    const inOrder = newest.map(({ id }) => id);
    expect([inOrder, [...inOrder].reverse()]).toContainEqual([...outOfView, ...memgpt.inView]);
    expect(new Set(newest.filter((each) => each.in_context).map(({ id }) => id))).toEqual(new Set(memgpt.inView));
    const texts = new Map(newest.map((each) => [each.id, each]));
    const cat = texts.get(memgpt.messageIds[4] ?? '');
    expect(JSON.parse(cat?.text ?? '')).toMatchObject({ type: 'user_message', message: 'My cat is Ünal 🐈' });
    const plain = texts.get(memgpt.messageIds[7] ?? '');
    expect(JSON.parse(plain?.text ?? '')).toMatchObject({ message: '{"just": "JSON"}' });
    const [call, result] = [texts.get(memgpt.messageIds[5] ?? ''), texts.get(memgpt.messageIds[6] ?? '')];
    expect(call).toMatchObject({ text: 'A cat.', tool_calls: [{ id: result?.tool_call_id ?? 'none' }] });
  });

  it('gives back the archive byte for byte, without the copies of documents', async () => {
    const { archival_memory: archive } = await read<{ archival_memory: { id: string; contents: string }[] }>(
      `/api/agents/${memgpt.agentId}/archival`,
    );
    // What the attached source holds is listed behind it, once, and none of what was copied for the agent.
    expect(archive[0]).toMatchObject({ id: memgpt.passageIds[0], contents: 'Ünal sleeps 🐈.\n\n' });
    expect(archive.slice(1).map(({ contents }) => contents)).toEqual(['Press the button.', 'Then wait.']);
  });

  it('leaves an agent that goes on from what it had in view', async () => {
    const agent = await app.store.agents.get(defaultUserId, memgpt.agentId);
    if (agent === null) throw new Error('The agent is not there.');
    const run = await app.room.say(agent, 'Do you remember my cat?');
    expect(run.status).toBe('completed');
    const [request] = app.room.provider.requests.slice(-1);
    const told = JSON.stringify(request?.messages);
    expect(told).toContain('I am Marigold.');
    expect(told).toContain('My cat is Ünal');
    expect(told).not.toContain('Booting.');
    expect(request?.tools.map(({ name }) => name)).toContain('roll_dice');
  });

  it('changes nothing when it is imported again', async () => {
    const again = await take(path);
    const created = Object.values(again.counts).map((counts) => counts.created);
    expect(created.filter((count) => count !== 0)).toEqual([]);
  });

  it('does not mix with the same database of another tenant', async () => {
    const other = await app.newUser();
    const theirs = memgptTables('Nettle');
    const [row] = theirs.tables['agents']?.rows ?? [];
    if (row !== undefined) row['id'] = memgpt.agentId;
    const second = await take(fileWith(theirs.tables), other.id);
    expect(second.counts.agent).toMatchObject({ read: 1, created: 1 });
    const mine = await read<{ agent_state: { name: string } }>(`/api/agents/${memgpt.agentId}`);
    expect(mine.agent_state.name).toBe('Marigold');
    const list = await read<{ agents: { name: string }[] }>('/api/agents', other.headers);
    expect(list.agents.map(({ name }) => name)).toEqual(['Nettle']);
  });

  it('leaves every secret where it is', async () => {
    let everything = JSON.stringify(report) + JSON.stringify(app.logged);
    const lines = await app.services.transfers.export({ userId: defaultUserId, role: 'admin' }, { what: 'everything' });
    for await (const line of lines) everything += line;
    expect(everything).toContain('Marigold');
    expect(everything).not.toMatch(/sk-secret|private\.example/u);
  });
});

describe('a database of Letta 0.4', () => {
  const early = earlyTables();

  it('gives back the blocks of an agent, its tools and its metadata', async () => {
    const report = await take(fileWith(early.tables));
    expect(report.problems.map(({ why, count }) => [why, count])).toEqual([
      ['A block is longer than its limit; the limit was raised to its length.', 1],
    ]);
    const agent = await read<Record<string, unknown>>(`/v1/agents/${early.agentId}`);
    expect(agent).toMatchObject({
      ...{ name: 'Early', system: 'Be early.', tools: ['send_message', 'fly'] },
      metadata_: { colour: 'red', deep: { is: true } },
      memory: { memory: { persona: { value: 'I am early.' }, plans: { value: 'Catch the worm.', limit: 15 } } },
    });
  });

  it('puts a result behind its call where both were written in one second', async () => {
    const messages = await read<{ id: string; role: string }[]>(`/v1/agents/${early.agentId}/messages?msg_object=true`);
    const order = messages.map(({ id }) => id);
    expect([order, [...order].reverse()]).toContainEqual(early.messageIds);
  });

  it('keeps what an agent put away apart from what was attached to it', async () => {
    const archive = await read<{ id: string; text: string }[]>(`/v1/agents/${early.agentId}/archival`);
    expect(archive).toMatchObject([{ id: early.passageId, text: 'Worms are early too.' }]);
    expect(archive).toHaveLength(1);
  });

  it('that MemGPT wrote into before gives back the agents of both', async () => {
    const [old, later] = [memgptTables('Old'), earlyTables()];
    const { agents: oldAgents, memgpt_recall_memory_agent: oldMessages } = old.tables;
    const { agents, messages } = later.tables;
    if (oldAgents === undefined || oldMessages === undefined || agents === undefined || messages === undefined) return;
    const columns = { ...agents.columns, ...oldAgents.columns, id: 'text', user_id: 'text' } as const;
    const both = { agents: { columns, rows: [...oldAgents.rows, ...agents.rows] } };
    await take(fileWith({ messages, memgpt_recall_memory_agent: oldMessages, ...both }));
    const told = await Promise.all(
      [old.agentId, later.agentId].map((id) => read<unknown[]>(`/v1/agents/${id}/messages?msg_object=true`)),
    );
    expect(told.map((messagesOfOne) => messagesOfOne.length)).toEqual([9, 3]);
  });
});

describe.each(['SQLite', 'PostgreSQL'])('a database of a late Letta in %s', (kind) => {
  const late = lateTables();
  let report: TransferReport | null = null;
  let close: () => Promise<void> = () => Promise.resolve();
  beforeAll(async () => {
    if (kind === 'SQLite') report = await take(fileWith(late.tables));
    const database = kind === 'SQLite' ? null : await temporaryPostgres();
    if (database === null) return;
    close = () => database.close();
    await writePostgres(database.url, late.tables);
    report = await take(database.url);
  });
  afterAll(() => close());

  it('comes in with its users, each with what is theirs', async (context) => {
    if (report === null) return context.skip();
    expect(report.outcome).toBe('imported');
    const told = report.problems.map(({ severity, why, count }) => [severity, why, count]);
    expect(told).toHaveLength(3);
    expect(told).toEqual(
      expect.arrayContaining([
        ['changed', 'A rule for tools that this server does not know was left behind.', 3],
        ['changed', 'A block that several users shared became one of each, which begin alike.', expect.any(Number)],
        ['note', 'A message that the agent had in view is not among its messages.', 1],
      ]),
    );
    for (const [user, names] of [
      [late.ana, ['Late', 'Latest']],
      [late.ben, ['Later']],
    ] as const) {
      const list = await read<{ name: string }[]>('/v1/agents', await headersOf(user.slice('user-'.length)));
      expect(list.map((agent) => agent.name).sort()).toEqual(names);
    }
  });

  it('keeps a block shared, an archive with both agents, and what documents say', async (context) => {
    if (report === null) return context.skip();
    const ana = await headersOf(late.ana.slice('user-'.length));
    const common = [late.first, late.third].map(async (id) => {
      const agent = await read<{ memory: { memory: Record<string, object> } }>(`/v1/agents/${id}`, ana);
      return agent.memory.memory['common'];
    });
    const [one, same] = await Promise.all(common);
    expect(one).toMatchObject({ value: 'We both know.', limit: 500 });
    expect(one).toEqual(same);
    const archive = await read<{ text: string }[]>(`/v1/agents/${late.first}/archival`, ana);
    expect(archive.map(({ text }) => text)).toEqual(['Kept\tby both.', 'A whole', 'paper.']);
    const ben = await headersOf(late.ben.slice('user-'.length));
    const copy = await read<{ id: string; text: string }[]>(`/v1/agents/${late.second}/archival`, ben);
    expect(copy.map(({ text }) => text)).toEqual(['Kept\tby both.']);
    expect(report.counts['library-passage']).toMatchObject({ read: 2, created: 2 });
    const sources = await read<{ name: string }[]>(`/v1/agents/${late.first}/sources`, ana);
    expect(sources.map(({ name }) => name)).toEqual(['papers']);
  });

  it('gives back calls in parallel, summaries and conversations besides the main one', async (context) => {
    if (report === null) return context.skip();
    const { store } = app;
    const agentId = late.first.slice('agent-'.length);
    const agent = await store.agents.get(late.ana.slice('user-'.length), agentId);
    const request = { limit: 100, order: 'asc', visibleOnly: false } as const;
    const main = await store.messages.page(agent?.mainConversationId ?? '', request);
    const ids = main.items.map(({ id }) => `message-${id}`);
    expect(ids).toEqual([late.messages[1], late.messages[0], late.messages[2], late.messages[3], late.messages[4]]);
    expect(main.items.map(({ role, kind: said }) => `${role} ${said}`)).toEqual(
      ['user said', 'system boot', 'user alert', 'assistant inner', 'tool inner'], // prettier-ignore
    );
    expect(main.items[4]?.parts).toMatchObject([
      { callId: 't1', output: 'A tree', failed: false },
      { callId: 't2', output: 'Fog', failed: true },
    ]);
    const other = await store.messages.page(late.conversation, request);
    expect(other.items.map(({ parts }) => parts)).toMatchObject([
      [{ text: 'Somebody said something old.' }],
      [{ text: 'Said elsewhere.' }],
    ]);
    expect(agent).toMatchObject({ protocol: 'native', settings: { toolRules: [{ type: 'run_first' }] } });
    expect(agent?.metadata).toMatchObject({ timezone: 'Europe/Berlin' });
  });
});
