import { newId } from '../domain/ids.js';
import type { NewMessage } from '../domain/message.js';
import type { Run } from '../domain/run.js';

/** A message of a run's agent that only the agent sees, with whatever is different about it. */
export function ownMessage(
  run: Run,
  at: number,
  fields: Pick<NewMessage, 'role' | 'kind' | 'parts'> & Partial<NewMessage>,
): NewMessage {
  return {
    id: newId(),
    conversationId: run.conversationId,
    visible: false,
    status: 'completed',
    agentId: run.agentId,
    runId: run.id,
    stepId: null,
    callId: null,
    name: null,
    metadata: {},
    faceData: {},
    createdAt: at,
    ...fields,
  };
}
