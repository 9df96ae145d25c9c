import { sql } from 'kysely';
import type { RunEvent, RunFact } from '../../domain/event.js';
import type { EventRepository } from '../store.js';
import type { EventRow } from './schema.js';
import type { Session } from './session.js';
import { chunksOf, fromJson, toJson } from './values.js';

const rowsPerStatement = 500;

/** The logs of runs. */
export function eventRepository(session: Session): EventRepository {
  const { db } = session;
  return {
    append: async (events) => {
      if (events.length <= rowsPerStatement) {
        if (events.length > 0) await db.insertInto('events').values(events.map(toRow)).execute();
        return;
      }
      await session.atomic(async (inner) => {
        for (const chunk of chunksOf(events, rowsPerStatement)) {
          await inner.db.insertInto('events').values(chunk.map(toRow)).execute();
        }
      });
    },
    read: async (runId, afterSeq, limit) => {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('run_id', '=', runId)
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    newest: async (runId, type) => {
      const row = await db
        .selectFrom('events')
        .selectAll()
        .where('run_id', '=', runId)
        .where('type', '=', type)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    prune: (endedBefore, limit) => session.atomic((inner) => prune(inner, endedBefore, limit)),
  };
}

async function prune(session: Session, endedBefore: number, limit: number): Promise<number> {
  const rows = await session.db
    .selectFrom('runs')
    .select('id')
    .where(sql<boolean>`log_kept = 1`)
    .where('ended_at', '<', endedBefore)
    .orderBy('ended_at')
    .limit(limit)
    .modifyEnd(session.dialect.holdFreeRows)
    .execute();
  for (const chunk of chunksOf(rows, rowsPerStatement)) {
    const ids = chunk.map((row) => row.id);
    await session.db.deleteFrom('events').where('run_id', 'in', ids).execute();
    await session.db.updateTable('runs').set({ log_kept: 0 }).where('id', 'in', ids).execute();
  }
  return rows.length;
}

function toRow(event: RunEvent): EventRow {
  const { runId, seq, at, ...fact } = event;
  return { run_id: runId, seq, at, type: event.type, fact: toJson(fact) };
}

function fromRow(row: EventRow): RunEvent {
  return { runId: row.run_id, seq: row.seq, at: row.at, ...fromJson<RunFact>(row.fact) };
}
