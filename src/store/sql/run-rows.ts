import { sql } from 'kysely';
import type { NewMessage } from '../../domain/message.js';
import type { Run, RunError, RunOverrides, Usage } from '../../domain/run.js';
import type { ToolCall } from '../../domain/tool.js';
import type { RunRow } from './schema.js';
import { fromJson, fromJsonOrNull, toFlag, toJson, toJsonOrNull } from './values.js';

/** Statuses of a run that keeps its conversation busy, as the unique index has them. */
export const activeStatuses = sql`status in ('queued', 'in_progress', 'requires_action', 'cancelling')`;

/** A run as its table keeps it. */
export function runToRow(run: Run): Omit<RunRow, 'log_kept' | 'background'> & { background: number } {
  return {
    id: run.id,
    owner_id: run.ownerId,
    conversation_id: run.conversationId,
    agent_id: run.agentId,
    status: run.status,
    waiting: toFlag(run.waiting),
    background: toFlag(run.overrides.tidying !== undefined),
    turn: run.turn,
    attempt: run.attempt,
    losses: run.losses,
    lease_owner: run.leaseOwner,
    lease_until: run.leaseUntil,
    last_seq: run.lastSeq,
    created_at: run.createdAt,
    started_at: run.startedAt,
    expires_at: run.expiresAt,
    ended_at: run.endedAt,
    incomplete_reason: run.incompleteReason,
    error: toJsonOrNull(run.error),
    usage: toJsonOrNull(run.usage),
    metadata: toJson(run.metadata),
    face_data: toJson(run.faceData),
    pending_calls: toJson(run.pendingCalls),
    overrides: toJson(run.overrides),
    input: toJsonOrNull(run.input),
  };
}

/** A row of the queue as the rest of the program knows it. */
export function runFromRow(row: Omit<RunRow, 'log_kept' | 'background'>): Run {
  return {
    id: row.id,
    ownerId: row.owner_id,
    conversationId: row.conversation_id,
    agentId: row.agent_id,
    status: row.status,
    waiting: row.waiting === 1,
    overrides: fromJson<RunOverrides>(row.overrides),
    input: fromJsonOrNull<NewMessage[]>(row.input),
    pendingCalls: fromJson<ToolCall[]>(row.pending_calls),
    error: fromJsonOrNull<RunError>(row.error),
    incompleteReason: row.incomplete_reason,
    usage: fromJsonOrNull<Usage>(row.usage),
    turn: row.turn,
    attempt: row.attempt,
    losses: row.losses,
    leaseOwner: row.lease_owner,
    leaseUntil: row.lease_until,
    lastSeq: row.last_seq,
    metadata: fromJson<Record<string, string>>(row.metadata),
    faceData: fromJson<Record<string, unknown>>(row.face_data),
    createdAt: row.created_at,
    startedAt: row.started_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
  };
}
