import { sql, type Selectable } from 'kysely';
import type { Run } from '../../domain/run.js';
import type { RunFence, RunRepository } from '../store.js';
import { holdConversation } from './conversations.js';
import { activeStatuses, runFromRow } from './run-rows.js';
import type { RunRow } from './schema.js';
import type { Session } from './session.js';
import { toFlag } from './values.js';

type LeaseQueries = Pick<RunRepository, 'claim' | 'fence' | 'takeNumbers' | 'promoteWaiting' | 'lapseLeases'>;

/** Runs looked at for one claim: so many callers can claim at once without one of them going away empty-handed. */
const claimCandidates = 32;

const held = sql`status in ('in_progress', 'cancelling')`;

/** Who carries a run, and who may write its log. */
export function leaseQueries(session: Session): LeaseQueries {
  const { db } = session;
  return {
    claim: (claim) => claimRun(session, claim),
    fence: (fence) => fenceRun(session, fence),
    takeNumbers: async (id, count) => {
      const row = await db
        .updateTable('runs')
        .set({ last_seq: sql`last_seq + ${count}` })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
      return toRun(row);
    },
    promoteWaiting: (conversationId) => session.atomic((inner) => promoteWaiting(inner, conversationId)),
    lapseLeases: async (now) => {
      const rows = await db
        .updateTable('runs')
        .set({ lease_until: now })
        .where(sql<boolean>`${held}`)
        .where('lease_until', '>', now)
        .returning('id')
        .execute();
      return rows.length;
    },
  };
}

async function claimRun(
  session: Session,
  claim: { owner: string; now: number; leaseUntil: number; background?: boolean },
): Promise<Run | null> {
  const kind = sql`background = ${sql.lit(toFlag(claim.background === true))}`;
  const queued = sql`${kind} and status = 'queued' and waiting = 0`;
  const lapsed = sql`${kind} and ${held} and lease_until <= ${claim.now}`;
  const oldest = sql`order by created_at, id limit ${sql.lit(claimCandidates)}`;
  // The condition stands twice because a row may change between being found and being held.
  const chosen = sql<string>`(select id from runs where id in (
      select id from (select id from runs where ${queued} ${oldest}) as waiting_runs
      union all select id from (select id from runs where ${lapsed} ${oldest}) as lost_runs
    ) and ((${queued}) or (${lapsed})) order by created_at, id limit 1 ${session.dialect.holdFreeRows})`;
  const row = await session.db
    .updateTable('runs')
    .set({
      status: sql`case when status = 'queued' then 'in_progress' else status end`,
      lease_owner: claim.owner,
      lease_until: claim.leaseUntil,
      attempt: sql`attempt + 1`,
      losses: sql`losses + case when status = 'queued' then 0 else 1 end`,
      started_at: sql`coalesce(started_at, ${claim.now})`,
    })
    .where('id', '=', chosen)
    .returningAll()
    .executeTakeFirst();
  return toRun(row);
}

async function fenceRun(session: Session, fence: RunFence): Promise<Run | null> {
  const row = await session.db
    .updateTable('runs')
    .set({ last_seq: sql`last_seq + ${fence.count}`, lease_until: fence.leaseUntil, losses: 0 })
    .where('id', '=', fence.id)
    .where('lease_owner', '=', fence.owner)
    .where('attempt', '=', fence.attempt)
    .where(sql<boolean>`${held}`)
    .returningAll()
    .executeTakeFirst();
  return toRun(row);
}

async function promoteWaiting(session: Session, conversationId: string): Promise<string | null> {
  // A new run refers to the conversation's row, so while it is held none can become active beside the promoted one.
  await holdConversation(session, conversationId);
  const next = sql<string>`(select id from runs where conversation_id = ${conversationId}
    and waiting = 1 and status = 'queued' order by created_at, id limit 1)`;
  const row = await session.db
    .updateTable('runs')
    .set({ waiting: 0 })
    .where('id', '=', next)
    .where(
      sql<boolean>`not exists (select 1 from runs as other
        where other.conversation_id = ${conversationId} and other.waiting = 0 and other.${activeStatuses})`,
    )
    .returning('id')
    .executeTakeFirst();
  return row?.id ?? null;
}

function toRun(row: Selectable<RunRow> | undefined): Run | null {
  return row === undefined ? null : runFromRow(row);
}
