import type { Clock } from '../domain/clock.js';
import type { Conversation } from '../domain/conversation.js';
import { AppError, notFound } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import { memoryKeyFrom } from '../domain/memory-key.js';
import type { Page } from '../domain/page.js';
import type { Principal } from '../domain/user.js';
import type { ConversationPageRequest, Repositories, Store } from '../store/store.js';
import { ingestTopic } from '../domain/topics.js';
import type { Notifier } from '../runs/notifier.js';
import { attachFilesOf, attachReferences, codeFilesOf, type FileReferences } from './file-references.js';
import { newMessage } from './incoming-messages.js';
import { privateMemoryKey } from './memory-scope.js';
import type { IncomingMessage, RunService } from './run-commands.js';

/** What a thread begins with. */
export interface NewThread {
  metadata: Record<string, string>;
  messages: IncomingMessage[];
  files?: FileReferences;
}

/** What may be changed of it; what is absent stays. */
export interface ThreadChanges {
  /** Takes the place of all pairs there were. */
  metadata?: Record<string, string>;
  files?: FileReferences;
}

/** The verbs of threads: conversations as the OpenAI face knows them. Somebody else's is `not_found`. */
export interface ThreadService {
  create(principal: Principal, thread: NewThread): Promise<Conversation>;
  /** The same inside a transaction of the caller's, who rings for the files where any wait to be read. */
  createIn(
    tx: Repositories,
    principal: Principal,
    thread: NewThread,
  ): Promise<{ conversation: Conversation; waits: boolean }>;
  get(principal: Principal, id: string): Promise<Conversation>;
  /** The caller's conversations; those of the native face are among them. */
  page(principal: Principal, request: ConversationPageRequest): Promise<Page<Conversation>>;
  /** A memory that its pairs name is opened by agents that come to speak here later; open windows keep theirs. */
  update(principal: Principal, id: string, changes: ThreadChanges): Promise<Conversation>;
  /** Deletes it with its messages and runs and with what was remembered for it alone. An active run is stopped. */
  delete(principal: Principal, id: string): Promise<void>;
}

/** What the service is made from. */
export interface ThreadServiceParts {
  store: Store;
  clock: Clock;
  runs: Pick<RunService, 'cancel' | 'follow'>;
  notifier: Pick<Notifier, 'ring'>;
}

/** Makes the verbs of threads. */
export function createThreadService({ store, clock, runs, notifier }: ThreadServiceParts): ThreadService {
  const owned = async (reader: Repositories, principal: Principal, id: string): Promise<Conversation> => {
    const conversation = await reader.conversations.get(principal.userId, id);
    if (conversation === null) throw notFound('conversation', id);
    return conversation;
  };
  const createIn: ThreadService['createIn'] = (tx, principal, thread) =>
    insertThread(tx, principal, thread, clock.now());
  return {
    createIn,
    create: async (principal, thread) => {
      const made = await store.transaction((tx) => createIn(tx, principal, thread));
      if (made.waits) notifier.ring(ingestTopic);
      return made.conversation;
    },
    get: (principal, id) => owned(store, principal, id),
    page: (principal, request) => store.conversations.page(principal.userId, request),
    update: async (principal, id, changes) => {
      const { thread, waits } = await store.transaction(async (tx) => {
        const before = await owned(tx, principal, id);
        const metadata = changes.metadata ?? before.metadata;
        // Pairs that name no memory say nothing of it: apps replace them all in order to set a title.
        const memoryKey = memoryKeyFrom(changes.metadata ?? {}) ?? before.memoryKey;
        const thread = { ...before, metadata, memoryKey, ...withCodeFiles(before, changes.files) };
        await tx.conversations.update(thread);
        const holder = { kind: 'conversation', id } as const;
        return { thread, waits: await attachReferences(tx, principal, holder, changes.files, clock.now()) };
      });
      if (waits) notifier.ring(ingestTopic);
      return thread;
    },
    delete: async (principal, id) => {
      await owned(store, principal, id);
      const active = await store.runs.active(id);
      if (active !== null) await stop(runs, principal, active.id);
      await store.transaction(async (tx) => {
        await owned(tx, principal, id);
        await tx.memories.deleteOpened(id, privateMemoryKey(id));
        await tx.conversations.delete(principal.userId, id);
      });
    },
  };
}

async function insertThread(
  tx: Repositories,
  principal: Principal,
  thread: NewThread,
  at: number,
): Promise<{ conversation: Conversation; waits: boolean }> {
  const id = newId();
  const conversation: Conversation = {
    id,
    ownerId: principal.userId,
    memoryKey: memoryKeyFrom(thread.metadata),
    metadata: thread.metadata,
    lastSeq: 0,
    createdAt: at,
    ...withCodeFiles({}, thread.files),
  };
  await tx.conversations.insert(conversation);
  await tx.messages.append(
    id,
    thread.messages.map((message) => newMessage(message, id, null, at)),
  );
  const named = await attachReferences(tx, principal, { kind: 'conversation', id }, thread.files, at);
  const beside = await attachFilesOf(tx, principal, id, thread.messages, at);
  return { conversation: { ...conversation, lastSeq: thread.messages.length }, waits: named || beside };
}

/** What a conversation must give back of the files that are given to it for code. */
function withCodeFiles(
  thread: Pick<Conversation, 'faceData'>,
  files: FileReferences | undefined,
): Pick<Conversation, 'faceData'> {
  const codeFileIds = files?.codeFileIds ?? codeFilesOf(thread);
  if (codeFileIds.length === 0 && codeFilesOf(thread).length === 0) return {};
  return { faceData: { ...thread.faceData, codeFileIds } };
}

/**
 * Stops a run and waits a moment, so that whoever reads its stream is told how it ended before it is gone. One that has
 * ended in the meantime needs no stopping.
 */
async function stop(runs: ThreadServiceParts['runs'], principal: Principal, runId: string): Promise<void> {
  try {
    const { status, lastSeq } = await runs.cancel(principal, runId);
    if (status !== 'cancelling') return;
    const signal = AbortSignal.timeout(limits.stopBeforeDeletionMs);
    for await (const event of runs.follow(principal, runId, { afterSeq: lastSeq, signal })) void event;
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error;
  }
}
