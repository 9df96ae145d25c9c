import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/domain/ids.js';
import { temporarySqlite, type TemporaryDatabase } from '../support/databases.js';
import { makeUser } from '../store/rows.js';
import { importBundle } from './import-bundle.js';
import { threadOf } from './thread-bundle.js';

describe('an import', () => {
  let database: TemporaryDatabase;
  let folder: string;
  const ann = makeUser();
  const ben = makeUser();

  beforeAll(async () => {
    database = await temporarySqlite();
    folder = await mkdtemp(join(tmpdir(), 'threadkeeper-faults-'));
    await database.store.transfers.insert('user', ann.id, [ann, ben]);
  });
  afterAll(async () => {
    await Promise.all([database.close(), rm(folder, { recursive: true, force: true })]);
  });

  const said = async (id: string): Promise<string[]> => {
    const { values } = await database.store.transfers.list('message', id, null, 10_000);
    return values.map((value) => value.id);
  };

  it('that was broken off goes on where it stopped, and everything is there once, in its order', async () => {
    const thread = threadOf(3_000);
    const path = await fileOf(thread.lines);
    const leaving = new AbortController();
    const order = { userId: ann.id, isOneOwner: true };
    const broken = importBundle(database.store, path, order, {
      signal: leaving.signal,
      onProgress: ({ phase, done }) => {
        if (phase === 'importing' && done > 2_200) leaving.abort();
      },
    });
    await expect(broken).rejects.toThrow();
    const before = await said(thread.id);
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(3_000);
    const report = await importBundle(database.store, path, order);
    expect(report.resumedAt).toBeGreaterThan(0);
    expect(report.counts.message).toMatchObject({ read: 3_000, different: 0, leftOut: 0 });
    expect(await said(thread.id)).toEqual(thread.messageIds);
  }, 60_000);

  it('changes nothing in a dry run', async () => {
    const thread = threadOf(3);
    const order = { userId: ann.id, isOneOwner: true, isDryRun: true };
    const report = await importBundle(database.store, await fileOf(thread.lines), order);
    expect(report).toMatchObject({ outcome: 'would-import', counts: { message: { read: 3, created: 3 } } });
    expect(await database.store.conversations.find(thread.id)).toBeNull();
  });

  it('keeps apart what two users bring under the same ids', async () => {
    const thread = threadOf(2);
    const path = await fileOf(thread.lines);
    await importBundle(database.store, path, { userId: ann.id, isOneOwner: true });
    const report = await importBundle(database.store, path, { userId: ben.id, isOneOwner: true });
    expect(report.counts).toMatchObject({ conversation: { created: 1 }, message: { created: 2 } });
    expect(report.problems.map(({ severity, count }) => [severity, count])).toEqual([
      ['changed', 1],
      ['changed', 2],
    ]);
    expect(await said(thread.id)).toEqual(thread.messageIds);
    const { values } = await database.store.transfers.list('conversation', ben.id, null, 5);
    expect(values).toHaveLength(1);
    expect(await said(values[0]?.id ?? '')).toHaveLength(2);
    const again = await importBundle(database.store, path, { userId: ben.id, isOneOwner: true });
    expect(again.counts).toMatchObject({ conversation: { present: 1 }, message: { present: 2, created: 0 } });
  }, 60_000);

  it('adds what was said since to a conversation that stood still here, and to no other', async () => {
    const thread = threadOf(5);
    const order = { userId: ann.id, isOneOwner: true };
    await importBundle(database.store, await fileOf(thread.upTo(3)), order);
    await importBundle(database.store, await fileOf(thread.upTo(4)), order);
    expect(await said(thread.id)).toEqual(thread.messageIds.slice(0, 4));
    const here = { ...thread.message(4), id: newId(), conversationId: thread.id, seq: 5 };
    await database.store.transfers.insert('message', ann.id, [here]);
    const report = await importBundle(database.store, await fileOf(thread.lines), order);
    expect(report.counts.message).toMatchObject({ present: 4, created: 0, leftOut: 1 });
    expect(report.problems).toMatchObject([{ severity: 'left-out', places: [{ line: 7 }] }]);
    expect(await said(thread.id)).toEqual([...thread.messageIds.slice(0, 4), here.id]);
  });

  it.each([
    ['a line that is cut short', (lines: string[]) => [...lines.slice(0, -1), '{"kind":"end","li'], 5],
    ['a missing end', (lines: string[]) => lines.slice(0, -1), null],
    ['a line that is missing', (lines: string[]) => lines.filter((_line, index) => index !== 2), 4],
    ['a value of the wrong kind', (lines: string[]) => lines.map((line) => line.replace('"seq":1', '"seq":"x"')), 3],
    ['a kind that nobody knows', (lines: string[]) => lines.map((line) => line.replace('"message"', '"spell"')), 3],
  ])('stops before the first write at %s, and names the line', async (_what, spoil, line) => {
    const thread = threadOf(2);
    const report = await importBundle(database.store, await fileOf(spoil(thread.lines)), { userId: ann.id });
    expect(report.outcome).toBe('refused');
    expect(report.problems[0]).toMatchObject({ severity: 'broken' });
    expect(report.problems[0]?.places[0]?.line).toBe(line);
    expect(await database.store.conversations.find(thread.id)).toBeNull();
  });

  async function fileOf(lines: string[]): Promise<string> {
    const path = join(folder, `${newId()}.jsonl`);
    await writeFile(path, `${lines.join('\n')}\n`);
    return path;
  }
});
