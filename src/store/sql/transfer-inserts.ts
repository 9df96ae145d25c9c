import { sql } from 'kysely';
import type { TransferKind, TransferValues } from '../../domain/transfer.js';
import { addToCounts } from './library-counts.js';
import { writeAttributes } from './library-files.js';
import { digestOf, insertTags } from './passages.js';
import type { Session } from './session.js';
import { putVectorsOf } from './text-vectors.js';
import { indexLibraryPassages, indexMessages, indexPassages } from './texts.js';
import { transferTables, transferToRow, type TransferRow } from './transfer-tables.js';
import { chunksOf } from './values.js';

const rowsPerStatement = 100;

/** Inserts things with all that goes with them; for each, whether it was inserted. */
export async function insertThings<K extends TransferKind>(
  session: Session,
  kind: K,
  ownerId: string,
  values: readonly TransferValues[K][],
): Promise<boolean[]> {
  const insert = inserts[kind] as Insert<K> | undefined;
  return insert === undefined
    ? insertRows(session, kind, rowsOf(kind, values, ownerId))
    : insert(session, ownerId, values);
}

type Insert<K extends TransferKind> = (
  session: Session,
  ownerId: string,
  values: readonly TransferValues[K][],
) => Promise<boolean[]>;

/** The kinds that are more than a row. */
const inserts: { [K in TransferKind]?: Insert<K> } = {
  file: insertFiles,
  'library-file': insertLibraryFiles,
  'library-passage': insertLibraryPassages,
  'memory-block': insertPlaces,
  passage: insertPassages,
  message: insertMessages,
};

function rowsOf<K extends TransferKind>(kind: K, values: readonly TransferValues[K][], ownerId: string): TransferRow[] {
  return values.map((value) => transferToRow(kind, value, ownerId));
}

/** Inserts rows that all have the same columns; false for one of which the key or the place is taken. */
async function insertRows(session: Session, kind: TransferKind, rows: readonly TransferRow[]): Promise<boolean[]> {
  const { table, key } = transferTables[kind];
  const keyOf = (row: TransferRow): string => JSON.stringify(key.map((column) => row[column]));
  const inserted = new Set<string>();
  const names = Object.keys(rows[0] ?? {});
  for (const chunk of chunksOf(rows, rowsPerStatement)) {
    const tuples = chunk.map((row) => sql`(${sql.join(names.map((name) => row[name]))})`);
    const written =
      await sql<TransferRow>`insert into ${sql.table(table)} (${sql.join(names.map((name) => sql.ref(name)))})
      values ${sql.join(tuples)} on conflict do nothing returning ${sql.join(key.map((name) => sql.ref(name)))}`.execute(
        session.db,
      );
    for (const row of written.rows) inserted.add(keyOf(row));
  }
  return rows.map((row) => inserted.has(keyOf(row)));
}

async function insertFiles(
  session: Session,
  ownerId: string,
  values: readonly TransferValues['file'][],
): Promise<boolean[]> {
  const inserted = await insertRows(session, 'file', rowsOf('file', values, ownerId));
  const contents = values.filter((_value, index) => inserted[index]).map((value) => value.sha256);
  if (contents.length > 0) {
    await session.db.updateTable('blobs').set({ nobodys_since: null }).where('sha256', 'in', contents).execute();
  }
  return inserted;
}

async function insertLibraryFiles(
  session: Session,
  ownerId: string,
  values: readonly TransferValues['library-file'][],
): Promise<boolean[]> {
  const inserted = await insertRows(session, 'library-file', rowsOf('library-file', values, ownerId));
  for (const value of values.filter((_value, index) => inserted[index])) {
    await writeAttributes(session, value.id, value.attributes);
    await addToCounts(session, { libraryId: value.libraryId, batchId: null, files: { [value.status]: 1 } });
  }
  return inserted;
}

async function insertLibraryPassages(
  session: Session,
  _ownerId: string,
  values: readonly TransferValues['library-passage'][],
): Promise<boolean[]> {
  const present = await session.db
    .selectFrom('texts')
    .select('library_passage_id')
    .where(
      'library_passage_id',
      'in',
      values.map((value) => value.id),
    )
    .execute();
  const taken = new Set(present.map((row) => row.library_passage_id));
  const fresh = values.filter((value) => !taken.has(value.id));
  for (const value of fresh) {
    await indexLibraryPassages(session, [value], value.createdAt);
    const bytes = Buffer.byteLength(value.text, 'utf8');
    await session.db
      .updateTable('library_files')
      .set({ usage_bytes: sql`usage_bytes + ${bytes}`, passage_count: sql`passage_count + 1` })
      .where('id', '=', value.libraryFileId)
      .execute();
    await addToCounts(session, {
      ...{ libraryId: value.libraryId, batchId: null, files: {}, usageBytes: bytes, passages: 1 },
    });
  }
  await putVectorsOf(session, 'library-passage', fresh);
  return values.map((value) => !taken.has(value.id));
}

/** A place has the label of its block, so that no memory comes to have two blocks of one label. */
async function insertPlaces(
  session: Session,
  _ownerId: string,
  values: readonly TransferValues['memory-block'][],
): Promise<boolean[]> {
  const inserted: boolean[] = [];
  for (const value of values) {
    const { rows } = await sql`insert into memory_blocks (memory_id, block_id, label, read_only, created_at)
      select ${value.memoryId}, id, label, ${Number(value.readOnly)}, ${value.createdAt} from blocks
      where id = ${value.blockId} on conflict do nothing returning block_id`.execute(session.db);
    inserted.push(rows.length > 0);
  }
  return inserted;
}

async function insertPassages(
  session: Session,
  ownerId: string,
  values: readonly TransferValues['passage'][],
): Promise<boolean[]> {
  const digests = values.map(digestOf);
  const present = await session.db
    .selectFrom('passages')
    .select(['memory_id', 'digest'])
    .where('memory_id', 'in', [...new Set(values.map((value) => value.memoryId))])
    .where('digest', 'in', digests)
    .execute();
  const taken = new Set(present.map((row) => `${row.memory_id} ${row.digest ?? ''}`));
  const rows = rowsOf('passage', values, ownerId).map((row, index) => {
    const digest = digests[index] ?? '';
    const place = `${String(row['memory_id'])} ${digest}`;
    // A passage that says the same as another is kept too; it only goes without the mark of being the only one.
    const isFirst = !taken.has(place);
    taken.add(place);
    return { ...row, digest: isFirst ? digest : null };
  });
  const inserted = await insertRows(session, 'passage', rows);
  const fresh = values.filter((_value, index) => inserted[index]);
  const perMemory = new Map<string, number>();
  for (const { memoryId } of fresh) perMemory.set(memoryId, (perMemory.get(memoryId) ?? 0) + 1);
  for (const [memoryId, count] of perMemory) {
    await session.db
      .updateTable('memories')
      .set({ passage_count: sql`passage_count + ${count}` })
      .where('id', '=', memoryId)
      .execute();
  }
  for (const passage of fresh) await insertTags(session, passage);
  await indexPassages(session, fresh);
  await putVectorsOf(session, 'passage', fresh);
  return inserted;
}

async function insertMessages(
  session: Session,
  ownerId: string,
  values: readonly TransferValues['message'][],
): Promise<boolean[]> {
  const inserted = await insertRows(session, 'message', rowsOf('message', values, ownerId));
  const fresh = values.filter((_value, index) => inserted[index]);
  const newest = new Map<string, number>();
  for (const { conversationId, seq } of fresh) {
    newest.set(conversationId, Math.max(seq, newest.get(conversationId) ?? 0));
  }
  for (const [conversationId, seq] of newest) {
    await session.db
      .updateTable('conversations')
      .set({ last_seq: seq })
      .where('id', '=', conversationId)
      .where('last_seq', '<', seq)
      .execute();
  }
  await indexMessages(session, ownerId, fresh);
  await putVectorsOf(session, 'message', fresh);
  return inserted;
}
