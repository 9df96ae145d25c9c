import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporarySqlite } from '../../support/databases.js';
import { openZone } from '../../../src/domain/zone.js';
import { createScene, type Scene } from './fixtures.js';

let database: Awaited<ReturnType<typeof temporarySqlite>>;
let scene: Scene;

beforeAll(async () => {
  database = await temporarySqlite();
});
afterAll(() => database.close());
beforeEach(async () => {
  scene = await createScene(database.store);
});

function found(output: string): string[] {
  const start = output.indexOf('[');
  if (start === -1) return [];
  return (JSON.parse(output.slice(start)) as string[]).map((hit) => hit.replace(/^timestamp: \S+, /u, ''));
}

async function search(input: Record<string, unknown>, name = 'conversation_search'): Promise<string[]> {
  const result = await scene.call(name, input);
  expect(result, result.output).toMatchObject({ failed: false });
  return found(result.output);
}

describe('conversation_search', () => {
  it('I-24: finds what users and the assistant said, in MemGPT’s form', async () => {
    await scene.say('user', 'My cello needs new strings.');
    await scene.say('assistant', 'Which strings does your cello have?');
    await scene.say('user', 'Unrelated.');
    const { output } = await scene.call('conversation_search', { query: 'cello', page: null });
    expect(output).toMatch(/^Showing 2 of 2 results \(page 0\/0\): \["timestamp: 2025-06-01T12:00:00Z, /u);
    expect(found(output).sort()).toEqual([
      'assistant - Which strings does your cello have?',
      'user - My cello needs new strings.',
    ]);
  });

  it('I-24: never finds system rows, inner working or its own echo', async () => {
    await scene.say('user', 'the walrus sings');
    await scene.say('assistant', 'thinking of the walrus', { kind: 'inner', visible: false });
    await scene.say('assistant', '', {
      kind: 'inner',
      visible: false,
      parts: [{ type: 'tool-call', callId: 'c1', name: 'conversation_search', arguments: '{"query":"walrus"}' }],
    });
    await scene.say('assistant', '', {
      kind: 'inner',
      role: 'tool',
      visible: false,
      parts: [{ type: 'tool-result', callId: 'c1', name: 'conversation_search', output: 'walrus', failed: false }],
    });
    await scene.say('user', 'prompt with walrus', { role: 'system', kind: 'inner', visible: false });
    expect(await search({ query: 'walrus' })).toEqual(['user - the walrus sings']);
    expect(await search({ query: 'walrus', roles: ['user', 'assistant', 'tool'] })).toEqual([
      'user - the walrus sings',
    ]);
  });

  it('finds what was spoken through a tool', async () => {
    await scene.say('assistant', 'I said walrus aloud.', { callId: 'call_9', agentId: scene.context.agent.id });
    expect(await search({ query: 'walrus' })).toEqual(['assistant - I said walrus aloud.']);
  });

  it('searches by role, and lists the newest where there is no query', async () => {
    await scene.say('user', 'tea one', { createdAt: 1_000 });
    await scene.say('assistant', 'tea two', { createdAt: 2_000 });
    expect(await search({ query: 'tea', roles: ['assistant'] })).toEqual(['assistant - tea two']);
    expect(await search({ query: 'tea', roles: 'user' })).toEqual(['user - tea one']);
    expect(await search({ query: null })).toEqual(['assistant - tea two', 'user - tea one']);
  });

  it('finds nothing of another memory', async () => {
    const other = await createScene(database.store);
    await other.say('user', 'their walrus');
    expect(await search({ query: 'walrus' })).toEqual([]);
  });

  it('I-24: a date bound takes in its whole day, and a time is exact', async () => {
    await scene.say('user', 'day early', { createdAt: Date.parse('2025-03-01T23:59:59.999Z') });
    await scene.say('user', 'day first', { createdAt: Date.parse('2025-03-02T00:00:00.000Z') });
    await scene.say('user', 'day last', { createdAt: Date.parse('2025-03-03T23:59:59.999Z') });
    await scene.say('user', 'day late', { createdAt: Date.parse('2025-03-04T00:00:00.000Z') });
    const whole = await search({ query: 'day', start_date: '2025-03-02', end_date: '2025-03-03' });
    expect(whole.sort()).toEqual(['user - day first', 'user - day last']);
    expect(await search({ query: 'day', end_date: '2025-03-01' })).toEqual(['user - day early']);
    expect(await search({ query: 'day', start_date: '2025-03-04T00:00:00Z' })).toEqual(['user - day late']);
    expect(await search({ query: 'day', start_date: '2025-03-04T00:00:00.001Z' })).toEqual([]);
    const moment = '2025-03-02T00:00:00.000Z';
    expect(await search({ query: 'day', start_date: moment, end_date: moment })).toEqual(['user - day first']);
    const byDate = await search({ start_date: '2025-03-02', end_date: '2025-03-03' }, 'conversation_search_date');
    expect(byDate).toEqual(['user - day last', 'user - day first']);
  });

  it('I-24: days, and words for them, are those of the agent’s zone, and so are the times that are shown', async () => {
    await scene.say('user', 'late on Saturday', { createdAt: Date.parse('2025-05-31T14:00:00Z') });
    await scene.say('user', 'early on Sunday', { createdAt: Date.parse('2025-05-31T16:00:00Z') });
    const zone = openZone('Asia/Tokyo');
    const inTokyo = async (day: string): Promise<string> => {
      const days = { start_date: day, end_date: day };
      return (await scene.call('conversation_search_date', days, { zone })).output;
    };
    const sunday = '["timestamp: 2025-06-01T01:00:00+09:00, user - early on Sunday"]';
    const saturday = '["timestamp: 2025-05-31T23:00:00+09:00, user - late on Saturday"]';
    for (const day of ['2025-06-01', 'today', 'Sunday']) expect(await inTokyo(day)).toContain(sunday);
    for (const day of ['2025-05-31', 'yesterday', 'last Saturday']) expect(await inTokyo(day)).toContain(saturday);
    const archived = await scene.addPassage('of Sunday', { createdAt: Date.parse('2025-05-31T16:00:00Z') });
    const wanted = { query: 'Sunday', scope: 'archive', from: 'yesterday', to: 'now' };
    const { output } = await scene.call('memory_search', wanted, { zone });
    expect(output).toContain(`timestamp: 2025-06-01T01:00:00+09:00, memory: of Sunday [passage ${archived.id}]`);
  });

  it('I-24: pages are exact and in the same order each time', async () => {
    for (let index = 0; index < 11; index += 1) await scene.say('user', `apple ${index}`, { createdAt: index * 1_000 });
    const pages = await Promise.all([0, 1, 2].map((page) => search({ query: 'apple', page })));
    expect(pages.map((page) => page.length)).toEqual([5, 5, 1]);
    expect(new Set(pages.flat()).size).toBe(11);
    expect(await Promise.all([0, 1, 2].map((page) => search({ query: 'apple', page })))).toEqual(pages);
    const { output } = await scene.call('conversation_search', { query: 'apple', page: 2, limit: 4 });
    expect(output).toMatch(/^Showing 3 of 11 results \(page 2\/2\):/u);
    const dates = { start_date: '1970-01-01', end_date: '1970-01-01', page: 2 };
    expect(await search(dates, 'conversation_search_date')).toEqual(['user - apple 0']);
  });

  it.each([
    '"',
    "'; DROP TABLE messages; --",
    'NEAR(a b) OR *',
    'a* AND (b OR',
    '-walrus ^col:x {a b}:c',
    '%_\\',
    '\0',
    '🙂',
    'ß İ ı',
    '((((((((',
    '()[]{}|&!:*<->',
  ])('survives the query %j', async (query) => {
    await scene.say('user', 'the walrus sings');
    expect(await scene.call('conversation_search', { query })).toMatchObject({ failed: false });
    expect(await scene.call('archival_memory_search', { query })).toMatchObject({ failed: false });
    expect(await search({ query: 'walrus' })).toEqual(['user - the walrus sings']);
  });

  it('survives a query of ten thousand words', async () => {
    const query = 'x '.repeat(10_000);
    expect(await scene.call('conversation_search', { query })).toMatchObject({ output: 'No results found.' });
    expect(await scene.call('archival_memory_search', { query })).toMatchObject({ output: 'No results found.' });
  });

  it.each([
    ['conversation_search', { query: 'x', roles: ['system'] }, 'argument "roles.0"'],
    ['conversation_search', { query: 'x', limit: 'many' }, 'argument "limit"'],
    ['conversation_search', { query: 'x', end_date: '2025-02-30' }, 'argument "end_date": "2025-02-30" is not a time'],
    ['conversation_search_date', { start_date: '2025-01-01' }, 'argument "end_date": it is missing'],
    ['conversation_search_date', { start_date: '1/2/25', end_date: '2025-01-01' }, 'argument "start_date"'],
    ['conversation_search_date', { start_date: '2025-01-02', end_date: '2025-01-01' }, 'it is after "end_date"'],
  ])('%s refuses %j and names the field', async (name, input, reason) => {
    const result = await scene.call(name, input);
    expect(result.failed).toBe(true);
    expect(result.output).toContain(reason);
  });

  it('asks for a vector of the query, and only where there is one', async () => {
    const asked: string[] = [];
    const vectors = await createScene(database.store, async (text) => {
      asked.push(text);
      return null;
    });
    await vectors.say('user', 'the walrus sings');
    await vectors.call('conversation_search', { query: ' walrus ' });
    await vectors.call('conversation_search', { query: '' });
    await vectors.call('archival_memory_search', { query: 'seal' });
    expect(asked).toEqual(['walrus', 'seal']);
  });
});

describe('memory_search', () => {
  it('shows both kinds in turn and goes on by its cursor until all were seen once', async () => {
    for (let index = 0; index < 7; index += 1) await scene.say('user', `plum said ${index}`, { createdAt: index });
    for (let index = 0; index < 3; index += 1) await scene.addPassage(`plum kept ${index}`, { createdAt: index });
    const seen: string[] = [];
    let cursor: string | undefined = '';
    let rounds = 0;
    while (cursor !== undefined && rounds < 10) {
      const { output } = await scene.call('memory_search', { query: 'plum', limit: 4, cursor });
      expect(output).toContain('of 10 results (7 said, 3 archived)');
      seen.push(...(JSON.parse(output.slice(output.indexOf('["'))) as string[]));
      cursor = /cursor "([\d.]+)"/u.exec(output)?.[1];
      rounds += 1;
    }
    expect(rounds).toBe(3);
    expect(new Set(seen).size).toBe(10);
    expect(seen.slice(0, 2).join()).toMatch(/said.*kept/su);
  });

  it('searches one kind where asked, and shows the ids of passages', async () => {
    await scene.say('user', 'plum said');
    const passage = await scene.addPassage('plum kept', { tags: ['fruit'] });
    const archive = await scene.call('memory_search', { query: 'plum', scope: 'archival', tags: ['fruit'] });
    expect(archive.output).toContain(`plum kept [passage ${passage.id}]`);
    expect(archive.output).not.toContain('plum said');
    const recall = await scene.call('memory_search', { query: 'plum', scope: 'recall' });
    expect(recall.output).toContain('Showing 1 of 1 results (1 said, 0 archived)');
    expect((await scene.call('memory_search', { query: 'fig' })).output).toBe('No results found.');
  });

  it('refuses a cursor that no search gave, and an unknown scope', async () => {
    expect((await scene.call('memory_search', { query: 'x', cursor: 'next' })).output).toContain('argument "cursor"');
    expect((await scene.call('memory_search', { query: 'x', scope: 'attic' })).output).toContain('argument "scope"');
  });
});

describe('the tools without a memory', () => {
  it('pause_heartbeats cuts a long pause and says so', async () => {
    expect((await scene.call('pause_heartbeats', { minutes: 30 })).output).toBe(
      'ok, no timed heartbeat for 30 minutes',
    );
    expect((await scene.call('pause_heartbeats', { minutes: '360' })).output).toContain('for 360 minutes');
    expect((await scene.call('pause_heartbeats', { minutes: 361 })).output).toBe(
      'ok, no timed heartbeat for 360 minutes (361 were asked for; 360 is the most)',
    );
    expect(await scene.call('pause_heartbeats', { minutes: 'soon' })).toMatchObject({ failed: true });
    expect((await scene.call('pause_heartbeats', {})).output).toContain('argument "minutes": it is missing');
  });

  it('send_message never claims to have spoken when it is run as a tool', async () => {
    expect(await scene.call('send_message', { message: 'hello' })).toMatchObject({ failed: true });
  });
});
