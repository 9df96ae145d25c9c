import type { TransferVector, VectorKind } from '../../domain/transfer.js';
import { fromBytes, toBytes } from './search/vectors.js';
import type { Session } from './session.js';

/** The column of `texts` by which a text is known. */
const columns = {
  message: 'message_id',
  passage: 'passage_id',
  'library-passage': 'library_passage_id',
} as const satisfies Record<VectorKind, string>;

/** Gives a text its vector, in the place of an older one. Nothing happens where the text is not there, or is empty. */
export async function putTextVector(
  session: Session,
  model: string,
  { kind, id, vector }: { kind: VectorKind; id: string; vector: Float32Array },
): Promise<void> {
  const text = await session.db
    .updateTable('texts')
    .set({ embedded_by: model })
    .where(columns[kind], '=', id)
    .returning(['key', 'scope_id'])
    .executeTakeFirst();
  if (text === undefined) return;
  const row = { model, dimensions: vector.length, bytes: toBytes(vector) };
  await session.db
    .insertInto('vectors')
    .values({ text_key: text.key, scope_id: text.scope_id, ...row })
    .onConflict((conflict) => conflict.column('text_key').doUpdateSet(row))
    .execute();
}

/** Gives texts the vectors that they brought along. */
export async function putVectorsOf(
  session: Session,
  kind: VectorKind,
  things: readonly { id: string; vector?: TransferVector }[],
): Promise<void> {
  for (const { id, vector } of things) {
    if (vector === undefined) continue;
    const numbers = fromBytes(new Uint8Array(Buffer.from(vector.base64, 'base64')));
    await putTextVector(session, vector.model, { kind, id, vector: numbers });
  }
}

/** The vectors of texts, by the ids of these; a text that has none is not among them. */
export async function vectorsOf(
  { db }: Session,
  kind: VectorKind,
  ids: readonly string[],
): Promise<Map<string, TransferVector>> {
  const found = new Map<string, TransferVector>();
  if (ids.length === 0) return found;
  const column = `texts.${columns[kind]}` as const;
  const rows = await db
    .selectFrom('texts')
    .innerJoin('vectors', 'vectors.text_key', 'texts.key')
    .select([`${column} as id`, 'vectors.model as model', 'vectors.bytes as bytes'])
    .where(column, 'in', [...ids])
    .execute();
  for (const { id, model, bytes } of rows) {
    if (id !== null) found.set(id, { model, base64: Buffer.from(bytes).toString('base64') });
  }
  return found;
}

/** How many texts have no vector of a model. */
export async function countWithoutVector({ db }: Session, model: string): Promise<number> {
  const row = await db
    .selectFrom('texts')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('embedded_by', '<>', model)
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}
