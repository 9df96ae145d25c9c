import { newId } from '../domain/ids.js';
import type { NewMessage } from '../domain/message.js';
import type { IncomingMessage } from './run-commands.js';

/** The row of a message that a caller brings, whole from the start; `runId` is the run it came with. */
export function newMessage(
  message: IncomingMessage,
  conversationId: string,
  runId: string | null,
  at: number,
): NewMessage {
  return {
    id: newId(),
    conversationId,
    role: message.role,
    kind: message.kind,
    parts: message.parts,
    visible: message.kind === 'said',
    status: 'completed',
    agentId: null,
    runId,
    stepId: null,
    callId: null,
    name: message.name ?? null,
    metadata: message.metadata ?? {},
    faceData: message.faceData ?? {},
    createdAt: message.createdAt ?? at,
  };
}
