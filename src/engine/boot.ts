import type { NewMessage } from '../domain/message.js';
import { packLogin, timeFormat } from './envelope.js';

/** What the opening messages are made from. */
export interface BootInput {
  agentId: string;
  conversationId: string;
  /** The compiled system prompt, kept as a record. */
  systemText: string;
  /** Milliseconds since the epoch. */
  now: number;
  newId: () => string;
  /** IANA name of the zone that the login's time is shown in; UTC where absent. */
  timezone?: string;
}

const thought = 'I am awake and my memory lies open before me. A first word, to be sure that my voice carries.';
const greeting = "Hello! I'm here. What is on your mind?";

/**
 * The four messages an agent of the heartbeat protocol is born with: a record of its prompt, one correct example of a
 * spoken word with its result, and the user's first login. A model that has seen the example follows it. None is
 * visible.
 */
export function bootMessages(input: BootInput): NewMessage[] {
  const row = (message: Pick<NewMessage, 'role' | 'kind' | 'parts'>): NewMessage => ({
    id: input.newId(),
    conversationId: input.conversationId,
    ...message,
    visible: false,
    status: 'completed',
    agentId: input.agentId,
    runId: null,
    stepId: null,
    callId: null,
    name: null,
    metadata: {},
    faceData: {},
    createdAt: input.now,
  });
  const call = { callId: `call_${input.newId().replaceAll('-', '').slice(-24)}`, name: 'send_message' };
  const login = packLogin(input.now, timeFormat(input.timezone ?? 'UTC'));
  return [
    row({ role: 'system', kind: 'boot', parts: [{ type: 'text', text: input.systemText }] }),
    row({
      role: 'assistant',
      kind: 'boot',
      parts: [
        { type: 'text', text: thought },
        { type: 'tool-call', ...call, arguments: JSON.stringify({ message: greeting }) },
      ],
    }),
    row({ role: 'tool', kind: 'boot', parts: [{ type: 'tool-result', ...call, output: 'None', failed: false }] }),
    row({ role: 'user', kind: 'login', parts: [{ type: 'text', text: login }] }),
  ];
}
