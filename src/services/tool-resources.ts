import type { Agent } from '../domain/agent.js';
import type { Conversation } from '../domain/conversation.js';
import type { Store } from '../store/store.js';
import { codeFilesOf, type ToolResources } from './file-references.js';

/** What the hosted tools of agents and conversations may read. Whoever asks has been shown to own them. */
export interface ToolResourceService {
  ofAgent(agent: Pick<Agent, 'id' | 'faceData'>): Promise<ToolResources>;
  ofConversation(conversation: Pick<Conversation, 'id' | 'faceData'>): Promise<ToolResources>;
}

/** Makes the service. */
export function createToolResourceService({ store }: { store: Store }): ToolResourceService {
  return {
    ofAgent: async (agent) => ({
      codeFileIds: codeFilesOf(agent),
      libraryIds: (await store.libraries.ofAgent(agent.id)).map(({ id }) => id),
    }),
    ofConversation: async (conversation) => ({
      codeFileIds: codeFilesOf(conversation),
      libraryIds: (await store.libraries.ofConversation(conversation.id)).map(({ id }) => id),
    }),
  };
}
