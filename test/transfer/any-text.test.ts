import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf } from '../../src/domain/message.js';
import { cleanText } from '../../src/domain/storable-text.js';
import { bundleLines } from '../../src/transfer/bundle/writer.js';
import { temporaryPostgres, temporarySqlite, type TemporaryDatabase } from '../support/databases.js';
import { makeUser } from '../store/rows.js';
import { importBundle } from './import-bundle.js';
import { bundleOf, threadOf } from './thread-bundle.js';

/** What a message may say: every unit of UTF-16, halves of pairs and NUL among them, and what is very long. */
const anyText = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  {
    weight: 4,
    arbitrary: fc.array(fc.nat(0xffff), { maxLength: 50 }).map((units) => String.fromCharCode(...units)),
  },
  { weight: 1, arbitrary: fc.constantFrom('\0', '\ud800', '\u2028"\\\r\n', '\ufeff', '', 'long '.repeat(200_000)) },
);

const databases: [string, () => Promise<TemporaryDatabase | null>][] = [
  ['SQLite', temporarySqlite],
  ['PostgreSQL', temporaryPostgres],
];

describe.each(databases)('any text that goes through a bundle and %s', (name, openDatabase) => {
  it('is unchanged, but for what no database keeps, which is reported', async ({ skip }) => {
    const texts = fc.sample(anyText, 300);
    const [database, folder] = await Promise.all([openDatabase(), mkdtemp(join(tmpdir(), 'threadkeeper-texts-'))]);
    if (database === null) return skip(`${name} is not offered on this machine`);
    try {
      const user = makeUser();
      await database.store.transfers.insert('user', user.id, [user]);
      const thread = threadOf(texts.length);
      const [conversation] = thread.lines.slice(1, 2).map((line) => JSON.parse(line) as object);
      const said = texts.map((text, index) => ({ ...thread.message(index), parts: [{ type: 'text', text }] }));
      const path = join(folder, 'texts.jsonl');
      const lines = bundleOf([conversation ?? {}, ...said.map((value) => ({ kind: 'message', value }))]);
      await writeFile(path, `${lines.join('\n')}\n`);
      const report = await importBundle(database.store, path, { userId: user.id });

      const { values } = await database.store.transfers.list('message', thread.id, null, texts.length);
      expect(values.map(textOf)).toEqual(texts.map(cleanText));
      const changed = texts.filter((text) => text !== cleanText(text)).length;
      expect(report.problems.map(({ severity, count }) => [severity, count])).toEqual(
        changed === 0 ? [] : [['changed', changed]],
      );
      let exported = '';
      for await (const line of bundleLines({ what: 'conversation', id: thread.id }, database.store)) exported += line;
      await writeFile(path, exported);
      const again = await importBundle(database.store, path, { userId: user.id });
      expect(again.problems).toEqual([]);
      expect(again.counts.message).toMatchObject({ present: texts.length, created: 0, different: 0 });
    } finally {
      await Promise.all([database.close(), rm(folder, { recursive: true, force: true })]);
    }
  }, 60_000);
});
