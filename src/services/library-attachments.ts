import { AppError, notFound } from '../domain/errors.js';
import type { Principal } from '../domain/user.js';
import type { Repositories } from '../store/store.js';
import type { LibraryService, LibraryServiceParts } from './libraries.js';
import { ownLibrary } from './library-rows.js';

type AttachmentVerbs = Pick<
  LibraryService,
  'attach' | 'detach' | 'setForAgent' | 'setForConversation' | 'ofAgent' | 'ofConversation' | 'agentsOf'
>;

/** Who may search a library. Both ends must be the caller's. */
export function attachmentVerbs({ store, clock }: LibraryServiceParts): AttachmentVerbs {
  return {
    attach: (principal, libraryId, agentId) =>
      store.transaction(async (tx) => {
        await requireAgent(tx, principal, agentId);
        const library = await ownLibrary(tx, principal, libraryId);
        await tx.libraries.attachToAgent(agentId, libraryId, clock.now());
        return library;
      }),
    detach: (principal, libraryId, agentId) =>
      store.transaction(async (tx) => {
        await requireAgent(tx, principal, agentId);
        const library = await ownLibrary(tx, principal, libraryId);
        if (await tx.libraries.detachFromAgent(agentId, libraryId)) return library;
        throw new AppError('conflict', `The source '${libraryId}' is not attached to the agent '${agentId}'.`);
      }),
    setForAgent: (principal, agentId, libraryIds) =>
      store.transaction(async (tx) => {
        await requireAgent(tx, principal, agentId);
        for (const id of libraryIds) await ownLibrary(tx, principal, id);
        for (const { id } of await tx.libraries.ofAgent(agentId)) {
          if (!libraryIds.includes(id)) await tx.libraries.detachFromAgent(agentId, id);
        }
        for (const id of libraryIds) await tx.libraries.attachToAgent(agentId, id, clock.now());
      }),
    setForConversation: (principal, conversationId, libraryIds) =>
      store.transaction(async (tx) => {
        await requireConversation(tx, principal, conversationId);
        for (const id of libraryIds) await ownLibrary(tx, principal, id);
        for (const { id } of await tx.libraries.ofConversation(conversationId)) {
          if (!libraryIds.includes(id)) await tx.libraries.detachFromConversation(conversationId, id);
        }
        for (const id of libraryIds) await tx.libraries.attachToConversation(conversationId, id, clock.now());
      }),
    ofAgent: async (principal, agentId) => {
      await requireAgent(store, principal, agentId);
      return store.libraries.ofAgent(agentId);
    },
    ofConversation: async (principal, conversationId) => {
      await requireConversation(store, principal, conversationId);
      return store.libraries.ofConversation(conversationId);
    },
    agentsOf: async (principal, libraryId) => {
      await ownLibrary(store, principal, libraryId);
      return store.libraries.agentsOf(libraryId);
    },
  };
}

async function requireAgent(reader: Repositories, principal: Principal, id: string): Promise<void> {
  if ((await reader.agents.get(principal.userId, id)) === null) throw notFound('agent', id);
}

async function requireConversation(reader: Repositories, principal: Principal, id: string): Promise<void> {
  if ((await reader.conversations.get(principal.userId, id)) === null) throw notFound('conversation', id);
}
