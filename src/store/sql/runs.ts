import { sql } from 'kysely';
import type { Run } from '../../domain/run.js';
import type { RunStatus } from '../../domain/status.js';
import type { RunRepository } from '../store.js';
import { mapPage, readPage } from './page.js';
import { leaseQueries } from './leases.js';
import { activeStatuses, runFromRow, runToRow } from './run-rows.js';
import type { RunRow } from './schema.js';
import type { Session } from './session.js';
import { stepQueries } from './steps.js';

type RunQueries = Pick<
  RunRepository,
  'insert' | 'get' | 'find' | 'page' | 'active' | 'countWaiting' | 'write' | 'overdue' | 'cancelling'
>;

/*
 * The statuses in these queries are written out, not bound: an index over some statuses is used only where the query
 * can be seen to ask for those.
 */

/** Runs and their steps. */
export function runRepository(session: Session): RunRepository {
  return { ...runQueries(session), ...leaseQueries(session), ...stepQueries(session) };
}

function runQueries(session: Session): RunQueries {
  const { db } = session;
  return {
    insert: async (run) => {
      const row = await db
        .insertInto('runs')
        .values(runToRow(run))
        .onConflict((conflict) =>
          conflict
            .column('conversation_id')
            .where(sql<boolean>`waiting = 0 and ${activeStatuses}`)
            .doNothing(),
        )
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    get: async (ownerId, id) => {
      const row = await db
        .selectFrom('runs')
        .selectAll()
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .executeTakeFirst();
      return row === undefined ? null : runFromRow(row);
    },
    find: async (id) => {
      const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : runFromRow(row);
    },
    page: async (conversationId, request) => {
      const where = sql`conversation_id = ${conversationId}`;
      const listing = { table: 'runs', where, order: ['created_at', 'id'] };
      return mapPage(await readPage<RunRow>(session, listing, request), runFromRow);
    },
    active: async (conversationId) => {
      const row = await db
        .selectFrom('runs')
        .selectAll()
        .where('conversation_id', '=', conversationId)
        .where(sql<boolean>`waiting = 0 and ${activeStatuses}`)
        .executeTakeFirst();
      return row === undefined ? null : runFromRow(row);
    },
    countWaiting: async (conversationId) => {
      const row = await db
        .selectFrom('runs')
        .select(sql<number>`count(*)`.as('count'))
        .where('conversation_id', '=', conversationId)
        .where(sql<boolean>`waiting = 1 and status = 'queued'`)
        .executeTakeFirstOrThrow();
      return row.count;
    },
    write: (run, from) => writeRun(session, run, from),
    overdue: (now, limit) => overdue(session, now, limit),
    cancelling: (ids) => cancelling(session, ids),
  };
}

async function writeRun(session: Session, run: Run, from: RunStatus): Promise<boolean> {
  const {
    id,
    owner_id: _owner,
    conversation_id: _conversation,
    agent_id: _agent,
    attempt: _attempt,
    last_seq: _lastSeq,
    created_at: _created,
    ...columns
  } = runToRow(run);
  const row = await session.db
    .updateTable('runs')
    .set(columns)
    .where('id', '=', id)
    .where('status', '=', from)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

async function overdue(session: Session, now: number, limit: number): Promise<Run[]> {
  const rows = await session.db
    .selectFrom('runs')
    .selectAll()
    .where(sql<boolean>`status in ('queued', 'requires_action')`)
    .where('expires_at', '<', now)
    .orderBy('expires_at')
    .limit(limit)
    .execute();
  return rows.map(runFromRow);
}

async function cancelling(session: Session, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await session.db
    .selectFrom('runs')
    .select('id')
    .where('id', 'in', ids)
    .where('status', '=', 'cancelling')
    .execute();
  return rows.map((row) => row.id);
}
