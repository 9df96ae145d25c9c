import type { Repositories } from '../store.js';
import { agentRepository } from './agents.js';
import { conversationRepository } from './conversations.js';
import { eventRepository } from './events.js';
import { memoryRepository } from './memories.js';
import { messageRepository } from './messages.js';
import { runRepository } from './runs.js';
import type { Session } from './session.js';
import { userRepository } from './users.js';

/** All repositories over one session. */
export function repositories(session: Session): Repositories {
  return {
    users: userRepository(session),
    agents: agentRepository(session),
    memories: memoryRepository(session),
    conversations: conversationRepository(session),
    messages: messageRepository(session),
    runs: runRepository(session),
    events: eventRepository(session),
    bell: { ring: (topic) => session.dialect.ring(session.db, topic) },
  };
}
