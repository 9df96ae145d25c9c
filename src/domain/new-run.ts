import { newId } from './ids.js';
import type { Run } from './run.js';

/** What is said of a run that begins. */
type Beginning = Pick<
  Run,
  'ownerId' | 'conversationId' | 'agentId' | 'overrides' | 'input' | 'metadata' | 'faceData' | 'createdAt' | 'expiresAt'
>;

/** A run that nobody has claimed yet, under a new id unless it has one. */
export function queuedRun(beginning: Beginning, id = newId()): Run {
  return {
    ...beginning,
    id,
    status: 'queued',
    waiting: false,
    pendingCalls: [],
    error: null,
    incompleteReason: null,
    usage: null,
    turn: 0,
    attempt: 0,
    losses: 0,
    leaseOwner: null,
    leaseUntil: null,
    lastSeq: 0,
    startedAt: null,
    endedAt: null,
  };
}
