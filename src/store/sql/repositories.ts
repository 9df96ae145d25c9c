import type { Repositories } from '../store.js';
import { agentRepository } from './agents.js';
import { conversationRepository } from './conversations.js';
import { eventRepository } from './events.js';
import { fileRepository } from './files.js';
import { libraryRepository } from './libraries.js';
import { memoryRepository } from './memories.js';
import { messageRepository } from './messages.js';
import { organisationRepository } from './organisations.js';
import { presetRepository } from './presets.js';
import { runRepository } from './runs.js';
import type { Session } from './session.js';
import { sleepTimeRepository } from './sleep-times.js';
import { templateRepository } from './templates.js';
import { toolRepository } from './tools.js';
import { transferRepository } from './transfer.js';
import { uploadRepository } from './uploads.js';
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
    files: fileRepository(session),
    libraries: libraryRepository(session),
    uploads: uploadRepository(session),
    templates: templateRepository(session),
    presets: presetRepository(session),
    tools: toolRepository(session),
    organisations: organisationRepository(session),
    transfers: transferRepository(session),
    sleepTimes: sleepTimeRepository(session),
    bell: { ring: (topic) => session.dialect.ring(session.db, topic) },
  };
}
