import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import type { Message } from '../domain/message.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { Principal } from '../domain/user.js';
import type { Repositories, Store } from '../store/store.js';
import { ingestTopic } from '../domain/topics.js';
import type { Notifier } from '../runs/notifier.js';
import { attachFilesOf } from './file-references.js';
import { newMessage } from './incoming-messages.js';
import type { IncomingMessage } from './run-commands.js';

/**
 * The verbs of what was said in a thread. An agent's inner messages are never shown; they, somebody else's threads and
 * messages of other threads are `not_found`.
 */
export interface ThreadMessageService {
  /** Appends a message. Throws `conflict` while a run is active. */
  add(principal: Principal, threadId: string, message: IncomingMessage): Promise<Message>;
  get(principal: Principal, threadId: string, id: string): Promise<Message>;
  /** With `runId`, what that run's agent said. */
  page(principal: Principal, threadId: string, request: PageRequest & { runId?: string }): Promise<Page<Message>>;
  /** Replaces all pairs, also while a run is active; absent ones stay as they are. */
  update(principal: Principal, threadId: string, id: string, metadata?: Record<string, string>): Promise<Message>;
  /** Takes a message away from later runs. Throws `conflict` while one is active. */
  delete(principal: Principal, threadId: string, id: string): Promise<void>;
}

/** What the service is made from. */
export interface ThreadMessageParts {
  store: Store;
  clock: Clock;
  notifier: Pick<Notifier, 'ring'>;
}

/** Makes the verbs of what was said. */
export function createThreadMessageService(parts: ThreadMessageParts): ThreadMessageService {
  const { store, clock, notifier } = parts;
  return {
    add: async (principal, threadId, message) => {
      const { added, waits } = await store.transaction(async (tx) => {
        await holdIdle(tx, principal, threadId, 'message');
        const [added] = await tx.messages.append(threadId, [newMessage(message, threadId, null, clock.now())]);
        if (added === undefined) throw new AppError('internal', `Conversation ${threadId} took no message.`);
        return { added, waits: await attachFilesOf(tx, principal, threadId, [message], clock.now()) };
      });
      if (waits) notifier.ring(ingestTopic);
      return added;
    },
    get: (principal, threadId, id) => shown(store, principal, threadId, id),
    page: async (principal, threadId, request) => {
      await requireThread(store, principal, threadId);
      return store.messages.page(threadId, {
        ...request,
        visibleOnly: true,
        madeByAgents: request.runId !== undefined,
      });
    },
    update: (principal, threadId, id, metadata) =>
      store.transaction(async (tx) => {
        const message = await shown(tx, principal, threadId, id);
        if (metadata === undefined) return message;
        // A worker may be writing this very message: holding its run makes the two take turns.
        if (message.runId !== null) await tx.runs.takeNumbers(message.runId, 0);
        const next = { ...(await shown(tx, principal, threadId, id)), metadata };
        await tx.messages.update(next);
        return next;
      }),
    delete: (principal, threadId, id) =>
      store.transaction(async (tx) => {
        await holdIdle(tx, principal, threadId, 'deletion');
        await shown(tx, principal, threadId, id);
        await tx.messages.delete(threadId, id);
      }),
  };
}

async function requireThread(reader: Repositories, principal: Principal, threadId: string): Promise<void> {
  const thread = await reader.conversations.get(principal.userId, threadId);
  if (thread === null) throw notFound('conversation', threadId);
}

async function shown(reader: Repositories, principal: Principal, threadId: string, id: string): Promise<Message> {
  await requireThread(reader, principal, threadId);
  const message = await reader.messages.get(threadId, id);
  if (message === null || !message.visible) throw notFound('message', id);
  return message;
}

/** Holds the thread until the transaction ends, so that no run begins meanwhile. */
async function holdIdle(
  tx: Repositories,
  principal: Principal,
  threadId: string,
  refused: 'message' | 'deletion',
): Promise<void> {
  await requireThread(tx, principal, threadId);
  await tx.conversations.lock(threadId);
  const active = await tx.runs.active(threadId);
  if (active === null) return;
  throw new AppError('conflict', `Run ${active.id} is active in conversation ${threadId}.`, {
    subject: { kind: 'active-run', refused, conversationId: threadId, runId: active.id },
  });
}
