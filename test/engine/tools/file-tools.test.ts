import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readFileSearchResults, writeFileSearchResults } from '../../../src/domain/file-search.js';
import { newId } from '../../../src/domain/ids.js';
import type { Library } from '../../../src/domain/library.js';
import { makeFile, makeLibrary, makeLibraryFile } from '../../store/rows.js';
import { temporarySqlite } from '../../support/databases.js';
import { createScene, start, type Scene } from './fixtures.js';

let database: Awaited<ReturnType<typeof temporarySqlite>>;
let scene: Scene;

beforeAll(async () => {
  database = await temporarySqlite();
});
afterAll(() => database.close());
beforeEach(async () => {
  scene = await createScene(database.store);
});

async function newLibrary(texts: Record<string, string[]>, changes: Partial<Library> = {}): Promise<Library> {
  const { store } = scene;
  const library = makeLibrary(scene.context.agent.ownerId, { lastActiveAt: start, ...changes });
  await store.libraries.insert(library);
  for (const [name, passages] of Object.entries(texts)) {
    const file = makeFile(library.ownerId, { name });
    await store.files.insert(file);
    const { file: row } = await store.libraries.insertFile(makeLibraryFile(library, file.id));
    const claim = { owner: 'test', afterOwnerId: '', now: start, leaseUntil: start + 1 };
    const claimed = await store.libraries.claimFile(claim);
    if (claimed?.id !== row.id) throw new Error('Another file was claimed.');
    const lease = { id: row.id, owner: 'test', attempt: claimed.attempt };
    await store.libraries.putPart({
      ...lease,
      position: 0,
      passages: passages.map((text) => ({ id: newId(), text })),
      progress: { unit: 'bytes', done: 1, total: 1 },
      note: null,
      leaseUntil: start + 1,
      at: start,
    });
    await store.libraries.endFile({ ...lease, status: 'completed', error: null, at: start });
  }
  return library;
}

const attach = (library: Library) => scene.store.libraries.attachToAgent(scene.context.agent.id, library.id, start);

describe('file_search', () => {
  it('gives passages of the agent’s and the conversation’s files, with names, scores and marks', async () => {
    const birds = await newLibrary({ 'birds.md': ['The heron nests in the reeds.', 'Owls hunt at night.'] });
    const boats = await newLibrary({ 'boats.md': ['The boat Heron lies in the harbour.'] });
    await newLibrary({ 'other.md': ['A heron that nobody attached.'] });
    await attach(birds);
    await scene.store.libraries.attachToConversation(scene.conversation.id, boats.id, start);
    const { output, failed } = await scene.call('file_search', { query: 'where does the heron nest' });
    expect(failed).toBe(false);
    const results = readFileSearchResults(output) ?? [];
    expect(results.map((result) => result.fileName)).toEqual(['birds.md', 'boats.md']);
    expect(results[0]).toMatchObject({ text: 'The heron nests in the reeds.', marker: '【0:0†source】' });
    expect(results[1]?.marker).toBe('【0:1†source】');
    for (const { score } of results) expect(score > 0 && score <= 1).toBe(true);
  });

  it('gives as many passages as the result can hold, each whole', async () => {
    const texts = Array.from({ length: 40 }, (_none, index) => `The heron ${index} ${'"fishes"\n'.repeat(100)}`);
    await attach(await newLibrary({ 'birds.md': texts }));
    const { output } = await scene.call('file_search', { query: 'heron' });
    expect(output.length).toBeLessThanOrEqual(scene.context.resultCharsMax);
    const results = readFileSearchResults(output) ?? [];
    expect(results.length).toBeGreaterThan(5);
    for (const { text } of results.slice(0, -1)) expect(texts).toContain(text);
  });

  it('keeps to the number and the score that the agent was given', async () => {
    await attach(await newLibrary({ 'birds.md': ['heron reeds', 'heron', 'heron harbour'] }));
    const agent = (options: object) => ({
      agent: { ...scene.context.agent, tools: [{ type: 'builtin' as const, name: 'file_search', options }] },
    });
    const one = await scene.call('file_search', { query: 'heron reeds' }, agent({ maxResults: 1 }));
    expect(readFileSearchResults(one.output)).toHaveLength(1);
    const strict = await scene.call('file_search', { query: 'heron reeds' }, agent({ scoreMin: 0.9 }));
    expect(readFileSearchResults(strict.output)?.map((result) => result.text)).toEqual(['heron reeds']);
  });

  it('says that there are no files, that nothing was found, and that files have expired', async () => {
    expect(await scene.call('file_search', { query: 'heron' })).toMatchObject({
      output: 'There are no files to search.',
    });
    const library = await newLibrary({ 'birds.md': ['The heron.'] }, { expiresAfterDays: 1 });
    await attach(library);
    expect((await scene.call('file_search', { query: 'zebra' })).output).toBe('No results found.');
    const late = { clock: { now: () => start + 25 * 3_600_000 } };
    expect(await scene.call('file_search', { query: 'heron' }, late)).toMatchObject({ failed: true });
    expect((await scene.call('file_search', { query: '' })).failed).toBe(true);
  });

  it('counts as a use of the library', async () => {
    const library = await newLibrary({ 'birds.md': ['The heron.'] }, { lastActiveAt: 5 });
    await attach(library);
    await scene.call('file_search', { query: 'heron' });
    expect(await scene.store.libraries.get(library.ownerId, library.id)).toMatchObject({ lastActiveAt: start });
  });
});

describe('results of file_search', () => {
  it('are read back as they were written, and other outputs are told apart', () => {
    const results = [{ fileId: newId(), fileName: 'a "b".md', score: 0.5, marker: '【1:0†source】', text: 'x\n"y"' }];
    expect(readFileSearchResults(writeFileSearchResults(results))).toEqual(results);
    for (const output of ['No results found.', '{"results":', '{"results":7}', '']) {
      expect(readFileSearchResults(output)).toBeNull();
    }
  });
});

describe('a search of the archive', () => {
  it.each(['archival_memory_search', 'memory_search'])('finds attached files too: %s', async (name) => {
    await scene.addPassage('Mia saw a heron in Bergen.');
    await attach(await newLibrary({ 'birds.md': ['The heron nests in the reeds.'] }));
    const { output } = await scene.call(name, { query: 'heron', scope: 'archive' });
    expect(output).toContain('Mia saw a heron in Bergen.');
    expect(output).toContain('The heron nests in the reeds.\\n[from the file birds.md]');
    expect(output).toContain('of 2 results');
  });

  it('goes on from page to page without leaving out or repeating', async () => {
    for (let index = 0; index < 3; index += 1) await scene.addPassage(`heron of mine ${index}`);
    await attach(
      await newLibrary({ 'birds.md': Array.from({ length: 4 }, (_none, index) => `heron of a file ${index}`) }),
    );
    const seen: string[] = [];
    for (let page = 0; page < 4; page += 1) {
      const { output } = await scene.call('archival_memory_search', { query: 'heron', page, top_k: 2 });
      seen.push(...(output.match(/heron of (?:mine|a file) \d/g) ?? []));
    }
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
  });

  it('keeps to the agent’s own passages where it asks for tags or times', async () => {
    await scene.addPassage('heron of mine', { tags: ['birds'] });
    await attach(await newLibrary({ 'birds.md': ['heron of a file'] }));
    const { output } = await scene.call('archival_memory_search', { query: 'heron', tags: ['birds'] });
    expect(output).not.toContain('of a file');
  });
});
