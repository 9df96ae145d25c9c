import { sql, type RawBuilder } from 'kysely';
import type { IdentifiedKind, TransferKind, TransferValues } from '../../domain/transfer.js';
import type { Stored, TransferMark, TransferPart, TransferRepository } from '../transfer.js';
import type { Session } from './session.js';
import { vectorsOf } from './text-vectors.js';
import { insertThings } from './transfer-inserts.js';
import { transferFromRow, transferTables, transferToRow, type TransferRow } from './transfer-tables.js';
import { chunksOf, fromJson, toJson } from './values.js';

/** Takes things out as they are, and puts things in as they were. */
export function transferRepository(session: Session): TransferRepository {
  const { db } = session;
  return {
    find: (kind, ids) => findThings(session, kind, ids),
    insert: (kind, ownerId, values) =>
      values.length === 0 ? Promise.resolve([]) : session.atomic((inner) => insertThings(inner, kind, ownerId, values)),
    list: (kind, parentId, after, limit) => list(session, kind, belongingTo(kind, parentId), { after, limit }),
    holds: (kind, values) => holds(session, kind, values),
    vectors: (kind, ids) => vectorsOf(session, kind, ids),
    conversationsOf: (agentId, after, limit) => {
      const where = sql`row.id in (select conversation_id from windows where agent_id = ${agentId})`;
      return list(session, 'conversation', where, { after, limit });
    },
    newestSeq: async (conversationId) => {
      const row = await db
        .selectFrom('messages')
        .select(sql<number | null>`max(seq)`.as('seq'))
        .where('conversation_id', '=', conversationId)
        .executeTakeFirst();
      return row?.seq ?? 0;
    },
    unfinished: async (fingerprint) => {
      const row = await db
        .selectFrom('transfers')
        .selectAll()
        .where('fingerprint', '=', fingerprint)
        .where('ended_at', 'is', null)
        .orderBy('started_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return null;
      const { id, position, report, started_at: startedAt, updated_at: updatedAt, ended_at: endedAt } = row;
      return { id, fingerprint, position, report: fromJson<unknown>(report), startedAt, updatedAt, endedAt };
    },
    mark: (mark) => writeMark(session, mark),
  };
}

async function findThings<K extends IdentifiedKind>(
  session: Session,
  kind: K,
  ids: readonly string[],
): Promise<Map<string, Stored<K>>> {
  const found = new Map<string, Stored<K>>();
  if (ids.length === 0) return found;
  const { table, key, where, owner } = transferTables[kind];
  const { rows } = await sql<TransferRow & { owner_of: string | null }>`
    select row.*, ${owner} as owner_of from ${sql.table(table)} as row
    where row.${sql.ref(key[0] ?? 'id')} in (${sql.join(ids)}) and ${where}`.execute(session.db);
  for (const row of rows) {
    const value = transferFromRow(kind, row);
    found.set(value.id, { ownerId: row.owner_of, value });
  }
  return found;
}

/** Keys that one statement asks for. */
const keysPerStatement = 100;

async function holds<K extends TransferKind>(
  session: Session,
  kind: K,
  values: readonly TransferValues[K][],
): Promise<boolean[]> {
  const { table, key } = transferTables[kind];
  const keyOf = (row: TransferRow): string => JSON.stringify(key.map((column) => row[column]));
  const wanted = values.map((value) => transferToRow(kind, value, ''));
  const found = new Set<string>();
  for (const chunk of chunksOf(wanted, keysPerStatement)) {
    const each = chunk.map((row) => {
      const parts = key.map((column) => sql`${sql.ref(column)} = ${row[column]}`);
      return sql`(${sql.join(parts, sql` and `)})`;
    });
    const { rows } = await sql<TransferRow>`select ${sql.join(key.map((column) => sql.ref(column)))}
      from ${sql.table(table)} where ${sql.join(each, sql` or `)}`.execute(session.db);
    for (const row of rows) found.add(keyOf(row));
  }
  return wanted.map((row) => found.has(keyOf(row)));
}

function belongingTo(kind: TransferKind, parentId: string | null): RawBuilder<unknown> {
  const { parent } = transferTables[kind];
  if (parent === null) return sql`1 = 1`;
  const column = sql`row.${sql.ref(parent)}`;
  return parentId === null ? sql`${column} is null` : sql`${column} = ${parentId}`;
}

async function list<K extends TransferKind>(
  session: Session,
  kind: K,
  belongs: RawBuilder<unknown>,
  { after, limit }: { after: string | null; limit: number },
): Promise<TransferPart<K>> {
  const { table, order, where } = transferTables[kind];
  const columns = sql.join(order.map((column) => sql`row.${sql.ref(column)}`));
  const bounds = [belongs, where];
  if (after !== null) bounds.push(sql`(${columns}) > (${sql.join(fromJson<unknown[]>(after))})`);
  const { rows } = await sql<TransferRow>`select row.* from ${sql.table(table)} as row
    where ${sql.join(bounds, sql` and `)} order by ${columns} limit ${limit}`.execute(session.db);
  const last = rows.length < limit ? undefined : rows.at(-1);
  const values = rows.map((row): TransferValues[K] => transferFromRow(kind, row));
  return { values, next: last === undefined ? null : toJson(order.map((column) => last[column])) };
}

async function writeMark({ db }: Session, mark: TransferMark): Promise<void> {
  const state = {
    position: mark.position,
    report: toJson(mark.report),
    updated_at: mark.updatedAt,
    ended_at: mark.endedAt,
  };
  await db
    .insertInto('transfers')
    .values({ id: mark.id, fingerprint: mark.fingerprint, started_at: mark.startedAt, ...state })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(state))
    .execute();
}
