import { sql } from 'kysely';
import type { SleepTime, SleepTimeRepository } from '../sleep-time.js';
import { conversationToRow } from './conversations.js';
import type { SleepTimeRow } from './schema.js';
import type { Session } from './session.js';

/** What is known of how memories are tidied in the background. */
export function sleepTimeRepository(session: Session): SleepTimeRepository {
  const { db } = session;
  return {
    countRun: async (memoryId, everyRuns, at) => {
      const due = sql<number | null>`case when sleep_times.runs + 1 >= ${everyRuns}
        then coalesce(sleep_times.due_at, ${at}) else sleep_times.due_at end`;
      await db
        .insertInto('sleep_times')
        .values({ memory_id: memoryId, runs: 1, failures: 0, due_at: everyRuns === 1 ? at : null })
        .onConflict((conflict) =>
          conflict.column('memory_id').doUpdateSet({ runs: sql`sleep_times.runs + 1`, due_at: due }),
        )
        .execute();
    },
    get: async (memoryId) => {
      const row = await db.selectFrom('sleep_times').selectAll().where('memory_id', '=', memoryId).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    take: async (memoryId, now) => {
      const row = await db
        .updateTable('sleep_times')
        .set({ due_at: null })
        .where('memory_id', '=', memoryId)
        .where('due_at', '<=', now)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    write: async ({ memoryId, runs, failures, dueAt }) => {
      await db
        .updateTable('sleep_times')
        .set({ runs, failures, due_at: dueAt })
        .where('memory_id', '=', memoryId)
        .execute();
    },
    due: async (now, limit) => {
      const rows = await db
        .selectFrom('sleep_times')
        .selectAll()
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    ...readingQueries(session),
  };
}

/** Where a memory is tidied, and how far its conversations have been read. */
function readingQueries({
  db,
}: Session): Pick<SleepTimeRepository, 'conversationOf' | 'openConversation' | 'unread' | 'advance'> {
  return {
    conversationOf: async (memoryId) => {
      const row = await db
        .selectFrom('conversations')
        .select('id')
        .where('tends_memory_id', '=', memoryId)
        .executeTakeFirst();
      return row?.id ?? null;
    },
    openConversation: async (conversation, memoryId) => {
      await db
        .insertInto('conversations')
        .values({ ...conversationToRow(conversation), tends_memory_id: memoryId })
        .execute();
    },
    unread: async (memoryId, limit) => {
      const rows = await db
        .selectFrom('windows')
        .innerJoin('conversations', 'conversations.id', 'windows.conversation_id')
        .select(['conversations.id', 'windows.tidied_to_seq', 'conversations.last_seq'])
        .where('windows.memory_id', '=', memoryId)
        .where('conversations.tends_memory_id', 'is', null)
        .whereRef('conversations.last_seq', '>', 'windows.tidied_to_seq')
        .orderBy('conversations.created_at')
        .orderBy('conversations.id')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ conversationId: row.id, afterSeq: row.tidied_to_seq, lastSeq: row.last_seq }));
    },
    advance: async (memoryId, marks) => {
      for (const { conversationId, toSeq } of marks) {
        await db
          .updateTable('windows')
          .set({ tidied_to_seq: toSeq })
          .where('memory_id', '=', memoryId)
          .where('conversation_id', '=', conversationId)
          .where('tidied_to_seq', '<', toSeq)
          .execute();
      }
    },
  };
}

function fromRow(row: SleepTimeRow): SleepTime {
  return { memoryId: row.memory_id, runs: row.runs, failures: row.failures, dueAt: row.due_at };
}
