/** The states of a run; the words are those of the OpenAI face. */
export type RunStatus =
  | 'queued'
  | 'in_progress'
  | 'requires_action'
  | 'cancelling'
  | 'completed'
  | 'incomplete'
  | 'failed'
  | 'cancelled'
  | 'expired';

const moves: Record<RunStatus, readonly RunStatus[]> = {
  queued: ['in_progress', 'cancelled', 'expired', 'failed'],
  in_progress: ['completed', 'incomplete', 'failed', 'requires_action', 'cancelling', 'expired', 'queued'],
  requires_action: ['queued', 'cancelled', 'expired'],
  cancelling: ['cancelled', 'completed', 'incomplete', 'failed', 'expired'],
  completed: [],
  incomplete: [],
  failed: [],
  cancelled: [],
  expired: [],
};

/** True where a run may go from one state to the other. `in_progress` to `queued` is a worker handing work back. */
export function mayMove(from: RunStatus, to: RunStatus): boolean {
  return moves[from].includes(to);
}

/** The states that nothing follows. */
export function isFinal(status: RunStatus): boolean {
  return moves[status].length === 0;
}

/** The states at which a reader's stream ends: final, or waiting for the client. */
export function isAtRest(status: RunStatus): boolean {
  return isFinal(status) || status === 'requires_action';
}
