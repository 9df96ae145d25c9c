import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/domain/ids.js';
import { transferKinds } from '../../src/domain/transfer.js';
import type { Store } from '../../src/store/store.js';
import { bundleLines } from '../../src/transfer/bundle/writer.js';
import type { ExportScope } from '../../src/transfer/bundle/things.js';
import { temporarySqlite, type TemporaryDatabase } from '../support/databases.js';
import { makeUser } from '../store/rows.js';
import { oneOfEach } from '../store/transfer-values.js';
import { importBundle, keepContent } from './import-bundle.js';
import { bundleOf } from './thread-bundle.js';

describe('a bundle', () => {
  let here: TemporaryDatabase;
  let there: TemporaryDatabase;
  let folder: string;
  const user = makeUser();
  const things = oneOfEach(user);

  beforeAll(async () => {
    [here, there] = await Promise.all([temporarySqlite(), temporarySqlite()]);
    folder = await mkdtemp(join(tmpdir(), 'threadkeeper-bundle-'));
    const content = Buffer.from('Hello. '.repeat(60_000));
    const sha256 = createHash('sha256').update(content).digest('hex');
    await keepContent(here.store, [content]);
    things.file = { ...things.file, bytes: content.length, sha256 };
    things.message.parts = [{ type: 'text', text: 'More marmalade \u{1F34A} \\ " \u2028 please.' }];
    for (const kind of transferKinds) await here.store.transfers.insert(kind, user.id, [things[kind]]);
  });
  afterAll(async () => {
    await Promise.all([here.close(), there.close(), rm(folder, { recursive: true, force: true })]);
  });

  it('of a whole server comes out of an empty one as it went in', async () => {
    const first = await exported(here.store, { what: 'everything' });
    const report = await importBundle(there.store, await fileOf(first));
    expect(report.outcome).toBe('imported');
    expect(report.problems).toEqual([]);
    for (const kind of transferKinds) expect([kind, report.counts[kind]?.created]).toEqual([kind, 1]);
    expect(await exported(there.store, { what: 'everything' })).toBe(first);
  });

  it('changes nothing when it is imported again', async () => {
    const before = await exported(there.store, { what: 'everything' });
    const report = await importBundle(there.store, await fileOf(before));
    expect(report.problems).toEqual([]);
    for (const counts of Object.values(report.counts)) expect(counts).toMatchObject({ created: 0, different: 0 });
    expect(await exported(there.store, { what: 'everything' })).toBe(before);
  });

  it('is told to be here, each place and view in it too, in a dry run and when it is imported again', async () => {
    const path = await fileOf(await exported(there.store, { what: 'everything' }));
    for (const isDryRun of [true, false]) {
      const report = await importBundle(there.store, path, { isDryRun });
      const { outcome, problems, counts } = report;
      expect([outcome, problems]).toEqual([isDryRun ? 'would-import' : 'imported', []]);
      for (const kind of transferKinds) {
        const here = { read: 1, present: 1, created: 0, different: 0, leftOut: 0 };
        expect([kind, counts[kind]]).toEqual([kind, here]);
      }
    }
  });

  it('with another block at the place of one says that this place is taken, and not that it is here', async () => {
    const other = { ...things.block, id: newId(), value: 'Another' };
    const place = { ...things['memory-block'], blockId: other.id };
    const report = await importBundle(
      there.store,
      await fileOf(
        `${bundleOf([
          { kind: 'block', owner: user.id, value: other },
          { kind: 'memory', owner: user.id, value: things.memory },
          { kind: 'memory-block', owner: user.id, value: place },
        ]).join('\n')}\n`,
      ),
    );
    expect(report.counts['memory-block']).toMatchObject({ created: 0, present: 0, leftOut: 1 });
    expect(report.problems).toMatchObject([{ severity: 'left-out', why: expect.stringContaining('taken') as string }]);
  });

  it.each<'agent' | 'conversation'>(['agent', 'conversation'])(
    'of one %s comes out of an empty server as it went in',
    async (what) => {
      const empty = await temporarySqlite();
      try {
        await empty.store.transfers.insert('user', user.id, [user]);
        const first = await exported(here.store, { what, id: things[what].id });
        const report = await importBundle(empty.store, await fileOf(first), { userId: user.id });
        expect([report.outcome, report.problems]).toEqual(['imported', []]);
        expect(report.counts).toMatchObject({ agent: { created: 1 }, message: { created: 1 }, window: { created: 1 } });
        expect(await exported(empty.store, { what, id: things[what].id })).toBe(first);
      } finally {
        await empty.close();
      }
    },
    60_000,
  );

  async function fileOf(text: string): Promise<string> {
    const path = join(folder, `${newId()}.jsonl`);
    await writeFile(path, text);
    return path;
  }
});

async function exported(store: Store, scope: ExportScope): Promise<string> {
  let text = '';
  for await (const line of bundleLines(scope, store)) text += line;
  return text;
}
