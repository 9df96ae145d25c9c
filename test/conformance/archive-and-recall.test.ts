import { expect, it } from 'vitest';
import type { Agent } from '../../src/domain/agent.js';
import { ProviderError, type Provider } from '../../src/providers/provider.js';
import { createScriptedProvider } from '../../src/providers/scripted.js';
import { describeOnBothDatabases } from '../support/both-databases.js';
import { carriedOut } from '../support/carried-out.js';
import { registryOf, type EngineRoom } from '../support/engine-room.js';
import { call } from '../support/requests.js';

const tools = ['send_message', 'archival_insert', 'archival_memory_search', 'conversation_search'];
const insert = (text: string, tags: string[] = []) => ['archival_insert', { text, tags }] as const;
const search = (query: string, more: object = {}) => ['archival_memory_search', { query, ...more }] as const;

/** The texts of a page of hits, without their times. */
function hitsOf(output: string | null | undefined): string[] {
  const start = output?.indexOf('[') ?? -1;
  if (start === -1) return [];
  const hits = JSON.parse(output?.slice(start) ?? '') as string[];
  return hits.map((hit) => hit.replace(/^timestamp: [^,]+, (?:memory: )?/u, ''));
}

/** What a search of what was said finds, asked in a run of its own. */
async function recalled(room: EngineRoom, agent: Agent, input: Record<string, unknown>): Promise<string[]> {
  const [result] = await carriedOut(room, agent, [['conversation_search', input]]);
  return hitsOf(result?.output);
}

describeOnBothDatabases('archive and recall', (open) => {
  it('27. I-22: an archived text is found by the next call, and not stored twice', async () => {
    const room = await open({ script: [] });
    const agent = await room.newAgent({ tools });
    const text = 'The roof was repaired in March.';
    const results = await carriedOut(room, agent, [insert(text), search('roof'), insert(text), search('roof')]);
    expect(hitsOf(results[1]?.output)).toEqual([text]);
    expect(results[2]?.output).toContain('in the archive already');
    expect(hitsOf(results[3]?.output)).toEqual([text]);
  });

  it('27. tags narrow a search, one of them or all', async () => {
    const room = await open({ script: [] });
    const agent = await room.newAgent({ tools });
    const tags = ['house', 'paid'];
    const results = await carriedOut(room, agent, [
      insert('A bill for the roof.', ['house', 'paid']),
      insert('A bill for the door.', ['house']),
      insert('A bill for the boat.', ['boat']),
      search('bill', { tags }),
      search('bill', { tags, tag_match_mode: 'all' }),
    ]);
    expect(hitsOf(results[3]?.output).sort()).toEqual(['A bill for the door.', 'A bill for the roof.']);
    expect(hitsOf(results[4]?.output)).toEqual(['A bill for the roof.']);
  });

  it('27. I-24: a day that bounds a search takes in its first and last moment', async () => {
    let now = 0;
    const room = await open({ script: [], clock: { now: () => now } });
    const agent = await room.newAgent({ tools });
    for (const time of ['03-01T23:59:59.999', '03-02T00:00:00', '03-03T23:59:59.999', '03-04T00:00:00']) {
      now = Date.parse(`2025-${time}Z`);
      await carriedOut(room, agent, [insert(`A note of ${time}.`)]);
    }
    const between = { start_datetime: '2025-03-02', end_datetime: '2025-03-03' };
    const [result] = await carriedOut(room, agent, [search('note', between)]);
    expect(hitsOf(result?.output).sort()).toEqual(['A note of 03-02T00:00:00.', 'A note of 03-03T23:59:59.999.']);
  });

  it('27. I-22: a text is kept and found by its words while the provider of vectors is down', async () => {
    const text = 'The roof was repaired in March.';
    const provider = createScriptedProvider('scripted', [call(...insert(text)), call(...search('roof')), 'Done.']);
    const down: Provider = {
      ...provider,
      embed: () => Promise.reject(new ProviderError('provider_unavailable', 'Down.')),
    };
    const embedder = () => ({ provider: down, model: 'vectors' });
    const room = await open({ script: [], providers: { ...registryOf(provider), embedder } });
    const agent = await room.newAgent({ tools });
    const run = await room.say(agent, 'Keep it.');
    const calls = (await room.store.runs.steps(run.id)).flatMap((step) => step.calls);
    expect(calls.map(({ failed }) => failed)).toEqual([false, false]);
    expect(hitsOf(calls[1]?.output)).toEqual([text]);
  });

  it('28. I-24: what was said through a tool is found, and never the search for it', async () => {
    const room = await open({ script: [call('send_message', { message: 'I saw a heron.' })] });
    const agent = await room.newAgent({ protocol: 'heartbeat', tools });
    await room.say(agent, 'What did you see?');
    for (let time = 0; time < 2; time += 1) {
      expect(await recalled(room, agent, { query: 'heron', request_heartbeat: true })).toEqual([
        'assistant - I saw a heron.',
      ]);
    }
  });

  it('28. the last day of a search counts whole', async () => {
    let now = Date.parse('2025-03-02T23:59:59Z');
    const room = await open({ script: ['I see.', 'I see.'], clock: { now: () => now } });
    const agent = await room.newAgent({ tools });
    await room.say(agent, 'A heron, late.');
    now += 2_000;
    await room.say(agent, 'A heron, early.');
    const days = { start_date: '2025-03-02', end_date: '2025-03-02' };
    expect(await recalled(room, agent, { query: 'heron', ...days })).toEqual(['user - A heron, late.']);
  });

  it('28. the pages of a search have every hit once, and say how many there are', async () => {
    const room = await open({ script: [] });
    const agent = await room.newAgent({ tools });
    const texts = Array.from({ length: 12 }, (_none, index) => `Heron number ${index}.`);
    for (const text of texts) {
      room.provider.push('I see.');
      await room.say(agent, text);
    }
    const pages = [0, 1, 2].map((page) => ['conversation_search', { query: 'heron', page }] as const);
    const results = await carriedOut(room, agent, pages);
    expect(results.map(({ output }) => output?.split(':')[0])).toEqual([
      'Showing 5 of 12 results (page 0/2)',
      'Showing 5 of 12 results (page 1/2)',
      'Showing 2 of 12 results (page 2/2)',
    ]);
    expect(results.flatMap(({ output }) => hitsOf(output)).sort()).toEqual(
      texts.map((text) => `user - ${text}`).sort(),
    );
  });
});
