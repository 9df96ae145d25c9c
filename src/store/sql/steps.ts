import { sql } from 'kysely';
import type { RunError, Step, Usage } from '../../domain/run.js';
import type { ToolCall } from '../../domain/tool.js';
import type { RunRepository } from '../store.js';
import { mapPage, readPage } from './page.js';
import type { StepRow } from './schema.js';
import type { Session } from './session.js';
import { fromJson, fromJsonOrNull, toJson, toJsonOrNull } from './values.js';

type StepQueries = Pick<RunRepository, 'insertStep' | 'updateStep' | 'step' | 'steps' | 'pageSteps'>;

/** Steps of runs. By turn first, since the clocks of two machines that carried the run may differ. */
export function stepQueries(session: Session): StepQueries {
  const { db } = session;
  return {
    insertStep: async (step) => {
      await db.insertInto('steps').values(toRow(step)).execute();
    },
    updateStep: async (step) => {
      const { id, run_id: _run, conversation_id: _conversation, turn: _turn, ...columns } = toRow(step);
      await db.updateTable('steps').set(columns).where('id', '=', id).execute();
    },
    step: async (runId, id) => {
      const row = await db
        .selectFrom('steps')
        .selectAll()
        .where('id', '=', id)
        .where('run_id', '=', runId)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    steps: async (runId) => {
      const rows = await db
        .selectFrom('steps')
        .selectAll()
        .where('run_id', '=', runId)
        .orderBy('turn')
        .orderBy('started_at')
        .orderBy('id')
        .execute();
      return rows.map(fromRow);
    },
    pageSteps: async (runId, request) => {
      const listing = { table: 'steps', where: sql`run_id = ${runId}`, order: ['turn', 'started_at', 'id'] };
      return mapPage(await readPage<StepRow>(session, listing, request), fromRow);
    },
  };
}

function toRow(step: Step): StepRow {
  return {
    id: step.id,
    run_id: step.runId,
    conversation_id: step.conversationId,
    turn: step.turn,
    kind: step.kind,
    status: step.status,
    message_id: step.messageId,
    calls: toJson(step.calls),
    usage: toJsonOrNull(step.usage),
    error: toJsonOrNull(step.error),
    started_at: step.startedAt,
    ended_at: step.endedAt,
  };
}

function fromRow(row: StepRow): Step {
  return {
    id: row.id,
    runId: row.run_id,
    conversationId: row.conversation_id,
    turn: row.turn,
    kind: row.kind,
    status: row.status,
    messageId: row.message_id,
    calls: fromJson<ToolCall[]>(row.calls),
    usage: fromJsonOrNull<Usage>(row.usage),
    error: fromJsonOrNull<RunError>(row.error),
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
