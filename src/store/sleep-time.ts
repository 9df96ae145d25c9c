import type { Conversation } from '../domain/conversation.js';
import type { ReadingMark } from '../domain/sleep-time.js';

/** When a memory is to be tidied next. */
export interface SleepTime {
  memoryId: string;
  /** Answered runs since it was last tidied. */
  runs: number;
  /** Times that tidying has failed in a row. */
  failures: number;
  /** When it is to be tidied; null while there is no reason to. */
  dueAt: number | null;
}

/** A conversation with messages that have not been read for the sake of a memory yet. */
export interface UnreadConversation {
  conversationId: string;
  /** The number after which they begin, and the newest of them. */
  afterSeq: number;
  lastSeq: number;
}

/** What is known of how memories are tidied in the background. */
export interface SleepTimeRepository {
  /** Counts an answered run; with the last of `everyRuns` the memory is due, at once. */
  countRun(memoryId: string, everyRuns: number, at: number): Promise<void>;
  get(memoryId: string): Promise<SleepTime | null>;
  /** Takes a memory that is due, so that no other process does: it is due no longer. Null where it was not. */
  take(memoryId: string, now: number): Promise<SleepTime | null>;
  /** Writes the row where it is there. */
  write(sleepTime: SleepTime): Promise<void>;
  /** Those whose time has come, longest due first. */
  due(now: number, limit: number): Promise<SleepTime[]>;
  /** The conversation, on no face's list, in which a memory is tidied; null where it never was. */
  conversationOf(memoryId: string): Promise<string | null>;
  /** Inserts a conversation in which a memory is to be tidied, and which goes with it. */
  openConversation(conversation: Conversation, memoryId: string): Promise<void>;
  /** Conversations of a memory in which something was said past its mark, the oldest first. */
  unread(memoryId: string, limit: number): Promise<UnreadConversation[]>;
  /** Moves the marks forward, never back. */
  advance(memoryId: string, marks: readonly ReadingMark[]): Promise<void>;
}
