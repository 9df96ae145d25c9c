import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { followVectors } from '../../src/cli/vectors-progress.js';
import { newId } from '../../src/domain/ids.js';
import { bundleLines } from '../../src/transfer/bundle/writer.js';
import { vectorIn } from '../../src/transfer/letta/vectors.js';
import type { TransferReport } from '../../src/transfer/report.js';
import type { VectorMaker } from '../../src/transfer/vectors.js';
import { makeUser } from '../store/rows.js';
import { temporarySqlite, type TemporaryDatabase } from '../support/databases.js';
import { importBundle } from './import-bundle.js';
import { lateTables } from './letta/letta-tables.js';
import { memgptTables } from './letta/memgpt-tables.js';
import { writeSqlite, type OldTables } from './letta/old-database.js';
import { bundleOf } from './thread-bundle.js';

/** What a model of three numbers would make of a text: none alike to another. */
function vectorOf(text: string): Float32Array {
  const bytes = createHash('sha256').update(text).digest();
  return Float32Array.from([0, 1, 2].map((index) => bytes.readInt8(index) / 128));
}

/** Filled up with zeros, as the old servers kept every vector. */
function filled(text: string): Buffer {
  const bytes = Buffer.alloc(4096 * 4);
  vectorOf(text).forEach((number, index) => bytes.writeFloatLE(number, index * 4));
  return bytes;
}

const asBase64 = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('base64'), 'latin1');

const maker: VectorMaker = { name: 'house/Tiny', model: 'Tiny', embed: async (text) => vectorOf(text) };

let database: TemporaryDatabase;
let folder: string;
const user = makeUser();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadkeeper-vectors-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  database = await temporarySqlite();
  await database.store.transfers.insert('user', user.id, [user]);
});
afterEach(() => database.close());

async function take(tables: OldTables, vectorMaker: VectorMaker = maker): Promise<TransferReport> {
  const path = join(folder, `${newId()}.db`);
  writeSqlite(path, tables);
  const order = { format: 'letta', userId: user.id, isOneOwner: true } as const;
  return importBundle(database.store, path, order, { vectorMaker });
}

/** MemGPT's tables with vectors in base64, which the row itself tells of. */
function withVectors(model = 'maker/tiny', size = 3): { tables: OldTables; passageId: string } {
  const { tables, passageIds } = memgptTables();
  for (const table of ['memgpt_archival_memory_agent', 'memgpt_passages']) {
    const held = tables[table];
    if (held === undefined) continue;
    Object.assign(held.columns, { embedding: 'bytes', embedding_dim: 'integer', embedding_model: 'text' });
    for (const row of held.rows) {
      Object.assign(row, { embedding: asBase64(filled(String(row['text']))), embedding_model: model });
      row['embedding_dim'] = size;
    }
  }
  return { tables, passageId: passageIds[0] ?? '' };
}

const notes = (report: TransferReport): [string, number][] =>
  report.problems.flatMap(({ why, count }) => (/vector/iu.test(why) ? [[why, count] as [string, number]] : []));

/** The direction of a kept vector, rounded. */
const direction = (base64: string): number[] => {
  const bytes = Buffer.from(base64, 'base64');
  return [0, 1, 2].map((index) => Math.round(bytes.readFloatLE(index * 4) * 1_000));
};
const unit = (vector: Float32Array): number[] => {
  const length = Math.hypot(...vector);
  return [...vector].map((number) => Math.round((number / length) * 1_000));
};

describe('Vectors of an old database', () => {
  it('of the model that is in use here are kept under its name, and nothing waits for them', async () => {
    const { tables, passageId } = withVectors();
    const report = await take(tables);
    expect(notes(report)).toEqual([['A vector was kept as one of house/Tiny.', 3]]);
    const kept = (await database.store.transfers.vectors('passage', [passageId])).get(passageId);
    expect(kept?.model).toBe('house/Tiny');
    expect(direction(kept?.base64 ?? '')).toEqual(unit(vectorOf('Ünal sleeps 🐈.\n\n')));
    const waiting = await database.store.search.withoutVector('house/Tiny', 100);
    expect(waiting.map(({ kind }) => kind)).not.toContain('passage');
    expect(waiting.map(({ kind }) => kind)).not.toContain('library-passage');
    expect(await database.store.search.countWithoutVector('house/Tiny')).toBe(waiting.length);
    expect(await database.store.search.countWithoutVector('house/Other')).toBe(waiting.length + 3);
  });

  it('of the late releases are raw, and their archive tells of what model they are', async () => {
    const { tables, passage } = lateTables();
    const { archives, archival_passages: passages } = tables;
    if (archives === undefined || passages === undefined) return;
    archives.columns['embedding_config'] = 'json';
    archives.rows[0] = { ...archives.rows[0], embedding_config: { embedding_model: 'tiny:latest', embedding_dim: 3 } };
    passages.rows[0] = { ...passages.rows[0], embedding: filled('Kept\tby both.') };
    const report = await take(tables);
    expect(notes(report)).toEqual([['A vector was kept as one of house/Tiny.', 2]]);
    const id = passage.replace('passage-', '');
    const kept = (await database.store.transfers.vectors('passage', [id])).get(id);
    expect(direction(kept?.base64 ?? '')).toEqual(unit(vectorOf('Kept\tby both.')));
  });

  it.each<[string, () => Promise<TransferReport>, [string, number][]]>([
    [
      'another model',
      () => take(withVectors('another').tables),
      [['A vector of the model another is made anew here.', 3]],
    ],
    [
      'a model that only has the name of ours',
      () => take(withVectors().tables, { ...maker, embed: async (text) => vectorOf(`other ${text}`) }),
      [['A vector of the model maker/tiny is made anew here.', 3]],
    ],
    [
      'a model of our name and another size',
      () => take(withVectors('tiny', 4).tables),
      [['A vector of the model tiny is made anew here.', 3]],
    ],
    [
      'a provider that does not answer',
      () => take(withVectors().tables, { ...maker, embed: () => Promise.reject(new Error('down')) }),
      [['A vector of the model maker/tiny is made anew here.', 3]],
    ],
  ])('of %s are made anew', async (_what, imported, told) => {
    const report = await imported();
    expect(report.outcome).toBe('imported');
    expect(notes(report)).toEqual(told);
    const waiting = await database.store.search.withoutVector('house/Tiny', 100);
    expect(waiting.filter(({ kind }) => kind !== 'message')).toHaveLength(3);
  });
});

describe('The bytes of a vector', () => {
  const raw = Buffer.alloc(4096 * 4);
  [1, -2.5, 0.15625].forEach((number, index) => raw.writeFloatLE(number, index * 4));
  const wanted = { model: 'm', config: { embedding_model: 'm' } };
  const numbers = (embedding: unknown, more: object = {}): number[] | null => {
    const { vector } = vectorIn({ embedding, ...more }, wanted);
    if (vector === undefined) return null;
    const bytes = Buffer.from(vector.base64, 'base64');
    return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
  };

  it('are those that the old servers wrote', () => {
    const digest = createHash('sha256').update(raw.toString('base64')).digest('hex');
    expect(digest).toBe('308f6bb316ab9618b8dfeaaec800f8a8e7c416b84794c0e600cb0617fa63c01d');
  });

  it.each<[string, unknown]>([
    ['as they are', raw],
    ['at an odd place', Buffer.concat([Buffer.from([7]), raw]).subarray(1)],
    ['in base64', asBase64(raw)],
    ['in base64 as a text', raw.toString('base64')],
    ['as PostgreSQL tells bytes', `\\x${raw.toString('hex')}`],
    ['as PostgreSQL tells vectors', `[1,-2.5,0.15625${',0'.repeat(4093)}]`],
  ])('are read %s', (_how, cell) => {
    expect(numbers(cell, { embedding_dim: 3 })).toEqual([1, -2.5, 0.15625]);
    expect(numbers(cell)).toHaveLength(256);
  });

  it('are none where there are none, or where they do not fit what is told of them', () => {
    for (const cell of [null, '', new Uint8Array(0)]) expect(numbers(cell, { embedding_dim: 3 })).toBeNull();
    for (const cell of [Buffer.alloc(64), Buffer.from([1, 2, 3]), '[1,', '["x"]']) {
      expect(numbers(cell, { embedding_dim: 3 })).toEqual([]);
    }
    expect(numbers(raw, { embedding_dim: 2 })).toEqual([]);
    expect(numbers(raw, { embedding_model: 'other', embedding_dim: 3 })).toEqual([]);
  });
});

describe('A bundle with vectors', () => {
  it.each(['', 'AAA=', 'no base64'])('is damaged where the numbers of one are "%s"', async (base64) => {
    const value = { id: newId(), memoryId: newId(), text: 'x', tags: [], createdAt: 1, vector: { model: 'm', base64 } };
    const path = join(folder, `${newId()}.jsonl`);
    await writeFile(path, `${bundleOf([{ kind: 'passage', value }]).join('\n')}\n`);
    const report = await importBundle(database.store, path, { userId: user.id });
    expect(report).toMatchObject({ outcome: 'refused', problems: [{ severity: 'broken', places: [{ line: 2 }] }] });
  });

  it('comes out of an empty server as it went in, and without them holds none', async () => {
    await take(withVectors().tables);
    const first = await exported(database, true);
    expect(first.match(/"vector":\{"model":"house\/Tiny"/gu)).toHaveLength(3);
    expect(await exported(database, false)).not.toContain('"vector"');
    const other = await temporarySqlite();
    try {
      const path = join(folder, `${newId()}.jsonl`);
      await writeFile(path, first);
      const report = await importBundle(other.store, path, {});
      expect([report.outcome, report.problems]).toEqual(['imported', []]);
      expect(await exported(other, true)).toBe(first);
    } finally {
      await other.close();
    }
  });
});

async function exported({ store }: TemporaryDatabase, hasVectors: boolean): Promise<string> {
  let text = '';
  for await (const line of bundleLines({ what: 'everything' }, store, hasVectors)) text += line;
  return text;
}

describe('The command tells how far the vectors are', () => {
  const patience = { everyMs: 1, stalledMs: 20 };
  async function toldOf(counts: number[], model: string | null = 'house/Tiny'): Promise<string[]> {
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const same = (text: string): string => text;
    const terminal = { input: process.stdin, interactive: false, write: say, print: say, complain: say };
    const poured = { pour: () => Promise.resolve(), flushed: () => Promise.resolve() };
    const json = async () => ({ model, waiting: counts.length > 1 ? counts.shift() : counts[0] });
    await followVectors({ json }, { ...terminal, ...poured, dim: same, bold: same }, patience);
    return lines;
  }

  it.each<[string, number[], string | null, RegExp[]]>([
    ['until all are made', [9, 9, 5, 0], 'house/Tiny', [/^9 texts get their vectors from house\/Tiny/u, /^All of/u]],
    ['until none comes any more', [9, 4], 'house/Tiny', [/^9 texts/u, /^4 texts have no vector yet/u]],
    ['and nothing where none waits', [0], 'house/Tiny', []],
    ['and nothing where nobody makes any', [0], null, []],
  ])('%s', async (_how, counts, model, expected) => {
    const lines = await toldOf(counts, model);
    expect(lines).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(lines[index]).toMatch(pattern);
  });
});
