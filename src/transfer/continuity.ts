import type { Message } from '../domain/message.js';
import type { TransferRepository } from '../store/transfer.js';

/** Decides where messages of the source come in conversations that may have gone on here. */
export interface Continuity {
  /** A message that is here already. */
  passed(message: Message): void;
  /** The number that a new message gets; null where the conversation has gone on without it. */
  place(message: Message): Promise<number | null>;
}

/**
 * Makes the judge of order. A new message is put behind the one that comes before it in the source, and only where
 * that one is the last of the conversation here: nothing is pushed in between, nor behind what was said here since.
 */
export function createContinuity(transfers: TransferRepository): Continuity {
  let conversationId: string | null = null;
  /** The number here of the last message of the source that is here, and of the last there is. */
  let reached = 0;
  let newest: number | null = null;
  let isApart = false;

  const enter = (id: string): void => {
    if (id === conversationId) return;
    conversationId = id;
    reached = 0;
    newest = null;
    isApart = false;
  };
  return {
    passed: (message) => {
      enter(message.conversationId);
      reached = message.seq;
    },
    place: async (message) => {
      enter(message.conversationId);
      newest ??= await transfers.newestSeq(message.conversationId);
      isApart ||= newest !== reached;
      if (isApart) return null;
      reached = Math.max(message.seq, newest + 1);
      newest = reached;
      return reached;
    },
  };
}
