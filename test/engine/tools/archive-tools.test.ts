import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toLettaId } from '../../../src/domain/ids.js';
import { limits } from '../../../src/domain/limits.js';
import { charsOf } from '../../../src/domain/memory.js';
import { temporarySqlite } from '../../support/databases.js';
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

async function archived() {
  return (await scene.store.memories.passages(scene.memory.id, { limit: 100, order: 'asc' })).items;
}

/** The texts of a result in MemGPT's form, without their times. */
function found(output: string): string[] {
  const start = output.indexOf('[');
  if (start === -1) return [];
  return (JSON.parse(output.slice(start)) as string[]).map((hit) => hit.replace(/^timestamp: \S+, memory: /u, ''));
}

describe('putting texts in the archive', () => {
  it.each([
    ['archival_memory_insert', { content: 'Mia lives in Bergen.', tags: ['family', 'places'] }],
    ['archival_insert', { text: 'Mia lives in Bergen.', tags: ['places', ' family', 'family', ''] }],
  ])('I-21: %s gives the id, and the same id for the same text and tags', async (name, input) => {
    const first = await scene.call(name, input);
    const [passage] = await archived();
    expect(passage).toMatchObject({ text: 'Mia lives in Bergen.', tags: ['family', 'places'] });
    expect(first).toEqual({ output: `ok, stored as passage ${passage?.id}`, failed: false, facts: [] });
    const again = await scene.call(name, input);
    expect(again.output).toBe(`ok, in the archive already as passage ${passage?.id}`);
    expect(await archived()).toHaveLength(1);
  });

  it('keeps the same text with other tags as another passage', async () => {
    await scene.call('archival_memory_insert', { content: 'x', tags: ['a'] });
    await scene.call('archival_memory_insert', { content: 'x' });
    expect((await archived()).map(({ tags }) => tags)).toEqual([['a'], []]);
  });

  it.each([
    ['blanks', 'Mia  lives\nin Bergen. '],
    ['case and punctuation', 'mia lives in bergen'],
  ])('I-21: stores a text that differs from one that is there by %s no second time', async (_what, content) => {
    const passage = await scene.addPassage('Mia lives in Bergen.', { tags: ['family'] });
    const result = await scene.call('archival_insert', { text: content, tags: ['family'] });
    expect(result.output).toBe(`ok, in the archive already as passage ${passage.id}`);
    expect(await archived()).toEqual([passage]);
  });

  it('I-21: tells of a passage that says nearly the same, and how to keep one of the two', async () => {
    const passage = await scene.addPassage('Mia and Tom live in a red house in Bergen since 2019.');
    await scene.addPassage('The red house in Bergen needs a new roof.');
    const text = 'Mia and Tom live in a red house in Bergen since 2020.';
    const result = await scene.call('archival_memory_insert', { content: text });
    const stored = (await archived()).find((other) => other.text === text);
    const told = `ok, stored as passage ${stored?.id}. Passage ${passage.id} says nearly the same: "${passage.text}".`;
    expect(result.output).toBe(told);
    const tools = ['archival_update', 'archival_delete'].map((name) => ({ type: 'builtin' as const, name }));
    const again = await scene.call(
      'archival_memory_insert',
      { content: text.replace('2020', '2021') },
      { agent: { ...scene.context.agent, tools } },
    );
    expect(again.output).toMatch(/correct \S+ with archival_update and remove \S+ with archival_delete\.$/u);
  });

  it('I-21: tells by meaning where there are vectors, and by words where a vector is still missing', async () => {
    const model = 'm/v';
    const embed = async (text: string) => ({ model, vector: Float32Array.of(1, /tea|oolong/iu.test(text) ? 1 : 0.02) });
    scene = await createScene(database.store, embed);
    const passage = await scene.addPassage('She begins each morning with oolong.');
    const { vector } = await embed(passage.text);
    await scene.store.search.putVectors(model, [{ kind: 'passage', id: passage.id, vector }]);
    const result = await scene.call('archival_insert', { text: 'Tea is what gets her out of bed.' });
    expect(result.output).toContain(`Passage ${passage.id} says nearly the same`);
    const other = await scene.call('archival_insert', { text: 'Her bicycle is blue.' });
    expect(other.output).not.toContain('nearly');
    const unindexed = await scene.call('archival_insert', { text: 'Her old bicycle is blue.' });
    expect(unindexed.output).toContain('"Her bicycle is blue."');
  });

  it('I-21: takes texts of the same words for one only where their vectors say so, and never by vectors alone', async () => {
    const embed = async () => ({ model: 'm/v', vector: Float32Array.of(1, 0) });
    scene = await createScene(database.store, embed);
    const passage = await scene.addPassage('Oslo is her home since 2019.');
    const input = { text: 'Since 2019, Oslo is her home.' };
    await scene.store.search.putVectors('m/v', [{ kind: 'passage', id: passage.id, vector: Float32Array.of(1, 0) }]);
    expect((await scene.call('archival_insert', input)).output).toContain(`already as passage ${passage.id}`);
    const changed = await scene.call('archival_insert', { text: 'Oslo is her home since 2020.' });
    expect(changed.output).toContain('nearly the same');
    expect(await archived()).toHaveLength(2);
  });

  it('I-22: stores a text all the same where nothing can be searched or embedded', async () => {
    scene = await createScene(database.store, () => Promise.reject(new Error('out of order')));
    expect(await scene.call('archival_insert', { text: 'Mia lives in Bergen.' })).toMatchObject({ failed: false });
    expect(await archived()).toHaveLength(1);
  });

  it.each(['a', '🙂', 'e\u0301'])('divides a text of %j only where it is over the limit', async (sign) => {
    const exact = Array.from(sign.repeat(limits.passageCharsMax)).slice(0, limits.passageCharsMax).join('');
    await scene.call('archival_memory_insert', { content: exact });
    expect(await archived()).toHaveLength(1);
    const result = await scene.call('archival_memory_insert', { content: `${exact}b` });
    const passages = await archived();
    expect(result.output).toMatch(/^ok, stored as 2 passages: \S+, \S+ \(1 of them there already\)$/u);
    expect(passages.map(({ text }) => charsOf(text))).toEqual([limits.passageCharsMax, 1]);
  });

  it('divides a long text between sentences', async () => {
    const sentences = Array.from({ length: 1_000 }, (_, index) => `The quick fox number ${index} jumps over the dog.`);
    await scene.call('archival_insert', { text: sentences.join(' ') });
    const passages = await archived();
    expect(passages).toHaveLength(3);
    for (const { text } of passages) expect(text).toMatch(/^The quick .* dog\.$/su);
    expect(passages.map(({ text }) => text).join(' ')).toBe(sentences.join(' '));
  });

  it.each([
    [{ content: '' }, 'argument "content": it is empty'],
    [{}, 'argument "content": it is missing'],
    [{ content: 'x', tags: ['y'.repeat(limits.tagCharsMax + 1)] }, 'at most 64 characters'],
    [{ content: 'x', tags: Array.from({ length: 33 }, (_, index) => `t${index}`) }, 'at most 32 tags'],
    [{ content: 'x', tags: { a: 1 } }, 'argument "tags": it must be a list of texts'],
  ])('refuses %j and stores nothing', async (input, reason) => {
    const result = await scene.call('archival_memory_insert', input);
    expect(result).toMatchObject({ failed: true, facts: [] });
    expect(result.output).toContain(reason);
    expect(await archived()).toEqual([]);
  });
});

describe('changing the archive', () => {
  it('archival_update gives a passage another text, which is then found instead of the old', async () => {
    const passage = await scene.addPassage('Mia lives in Bergen.', { tags: ['family'] });
    const result = await scene.call('archival_update', {
      id: toLettaId('passage', passage.id),
      text: 'Mia lives in Tromsø.',
    });
    expect(result.failed).toBe(false);
    expect(await archived()).toEqual([{ ...passage, text: 'Mia lives in Tromsø.' }]);
    expect(found((await scene.call('archival_memory_search', { query: 'Tromsø' })).output)).toHaveLength(1);
    expect((await scene.call('archival_memory_search', { query: 'Bergen' })).output).toBe('No results found.');
  });

  it('takes the ids that a search shows to an agent that has these tools, and to no other', async () => {
    const passage = await scene.addPassage('Mia lives in Bergen.');
    const search = async (tools: string[]): Promise<string> => {
      const agent = { ...scene.context.agent, tools: tools.map((name) => ({ type: 'builtin' as const, name })) };
      return (await scene.call('archival_memory_search', { query: 'Mia' }, { agent })).output;
    };
    expect(found(await search(['archival_memory_search']))).toEqual(['Mia lives in Bergen.']);
    const [shown = ''] = found(await search(['archival_memory_search', 'archival_delete']));
    const [, text, id] = /^(.*) \[passage (\S+)\]$/u.exec(shown) ?? [];
    expect([text, id]).toEqual(['Mia lives in Bergen.', passage.id]);
    expect(await scene.call('archival_delete', { id: id ?? '' })).toMatchObject({ failed: false });
    expect(await archived()).toEqual([]);
  });

  it('archival_delete removes a passage for good', async () => {
    const passage = await scene.addPassage('forget me');
    expect(await scene.call('archival_delete', { id: passage.id })).toMatchObject({ failed: false });
    expect(await archived()).toEqual([]);
    expect((await scene.call('archival_memory_search', { query: 'forget' })).output).toBe('No results found.');
    expect(await scene.call('archival_delete', { id: passage.id })).toMatchObject({ failed: true });
  });

  it('reaches no passage of another memory', async () => {
    const other = await createScene(database.store);
    const theirs = await other.addPassage('secret');
    for (const name of ['archival_update', 'archival_delete']) {
      const result = await scene.call(name, { id: theirs.id, text: 'mine' });
      expect(result).toMatchObject({ failed: true, output: expect.stringContaining('no passage') as string });
    }
    expect((await other.call('archival_memory_search', { query: 'secret' })).output).toContain('secret');
  });

  it('refuses an update over the limit', async () => {
    const passage = await scene.addPassage('short');
    const result = await scene.call('archival_update', {
      id: passage.id,
      text: 'x'.repeat(limits.passageCharsMax + 1),
    });
    expect(result).toMatchObject({ failed: true, output: expect.stringContaining('20001') as string });
    expect(await archived()).toEqual([passage]);
  });
});

describe('archival_memory_search', () => {
  it('I-22: finds what was put in a moment before, also where there are no vectors', async () => {
    await scene.call('archival_memory_insert', { content: 'The boat is called Albatross.' });
    const result = await scene.call('archival_memory_search', { query: 'boats' });
    expect(result.output).toBe(
      'Showing 1 of 1 results (page 0/0): ["timestamp: 2025-06-01T12:00:00Z, memory: The boat is called Albatross."]',
    );
  });

  it('finds by tags, any or all of them', async () => {
    await scene.addPassage('pear one', { tags: ['a'] });
    await scene.addPassage('pear two', { tags: ['a', 'b'] });
    await scene.addPassage('pear three', { tags: ['c'] });
    const search = async (input: object) =>
      found((await scene.call('archival_memory_search', { query: 'pear', ...input })).output).sort();
    expect(await search({})).toHaveLength(3);
    expect(await search({ tags: ['a', 'b'] })).toEqual(['pear one', 'pear two']);
    expect(await search({ tags: ['a', 'b'], tag_match_mode: 'all' })).toEqual(['pear two']);
    expect(await search({ tags: 'c' })).toEqual(['pear three']);
    expect(await search({ tags: ['A'] })).toEqual([]);
  });

  it('I-24: pages without gap or repeat, with exact totals', async () => {
    for (let index = 0; index < 12; index += 1) await scene.addPassage(`note number ${index}`, { createdAt: index });
    const seen: string[] = [];
    for (const page of [0, '1', 2]) {
      const { output } = await scene.call('archival_memory_search', { query: 'note', page });
      expect(output).toMatch(new RegExp(`^Showing ${page === 2 ? 2 : 5} of 12 results \\(page ${page}/2\\):`, 'u'));
      seen.push(...found(output));
    }
    expect(new Set(seen).size).toBe(12);
    const past = await scene.call('archival_memory_search', { query: 'note', page: 3 });
    expect(past).toMatchObject({ failed: false, output: expect.stringContaining('the last page is 2') as string });
    const late = await scene.call('archival_memory_search', { query: 'note', start: 10, top_k: 50 });
    expect(late.output).toMatch(/^Showing 2 of 12 results/u);
  });

  it('lists the newest where the query is empty', async () => {
    await scene.addPassage('older', { createdAt: 1_000 });
    await scene.addPassage('newer', { createdAt: 2_000 });
    expect(found((await scene.call('archival_memory_search', { query: '' })).output)).toEqual(['newer', 'older']);
  });

  it('I-16: shows at most its share of each of many long hits', async () => {
    for (let index = 0; index < 5; index += 1) await scene.addPassage(`whale ${index} ${'🐋'.repeat(5_000)}`);
    const roomy = await scene.call('archival_memory_search', { query: 'whale' }, { resultCharsMax: 50_000 });
    for (const hit of found(roomy.output)) expect(charsOf(hit)).toBe(limits.searchHitCharsMax);
    const tight = await scene.call('archival_memory_search', { query: 'whale' }, { resultCharsMax: 5_000 });
    expect(charsOf(tight.output)).toBeLessThan(2_500);
    expect(found(tight.output)).toHaveLength(5);
  });

  it.each([
    [{ query: 'x', page: 'first' }, 'argument "page": it must be a whole number'],
    [{ query: 'x', page: -1 }, 'argument "page": it must be at least 0'],
    [{ query: 'x', page: 1.5 }, 'argument "page": it must be a whole number'],
    [{ query: 'x', top_k: 0 }, 'argument "top_k": it must be at least 1'],
    [{ query: { a: 1 } }, 'argument "query": it must be a text'],
    [{ query: 'x', tag_match_mode: 'some' }, 'argument "tag_match_mode"'],
    [
      { query: 'x', start_datetime: 'some day' },
      'argument "start_datetime": "some day" is not a time; write YYYY-MM-DD',
    ],
    [{ query: 'x', start_datetime: '2025-02-02', end_datetime: '2025-02-01' }, 'it is after "end_datetime"'],
  ])('refuses %j and names the field', async (input, reason) => {
    const result = await scene.call('archival_memory_search', input);
    expect(result.failed).toBe(true);
    expect(result.output).toContain(reason);
  });
});
