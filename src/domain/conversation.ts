/** A numbered log of messages. It belongs to a user, not to an agent. */
export interface Conversation {
  id: string;
  ownerId: string;
  /** The memory its agents open here, or null where the rules of memory scope decide. */
  memoryKey: string | null;
  metadata: Record<string, string>;
  /** The number of the newest message; 0 where there is none. */
  lastSeq: number;
  createdAt: number;
  /** What a face must give back though nothing else has use for it; absent is nothing. */
  faceData?: Record<string, unknown>;
}

/** What has scrolled out of a window, told in short. */
export interface Summary {
  text: string;
  /** First and last message number that the summary stands for. */
  covers: [number, number];
  /** Of the prompt, before the messages went and with the summary in their place. */
  tokensBefore: number;
  tokensAfter: number;
  model: string;
  /** Of the words that asked for it; absent on summaries from before there were versions. */
  promptVersion?: number;
  /** True where it was written from the messages alone, and not from the summary before it. */
  rebuilt?: boolean;
  /** How many compactions this window has seen. */
  compactions: number;
  createdAt: number;
}

/** One agent's view of one conversation. */
export interface Window {
  agentId: string;
  conversationId: string;
  memoryId: string;
  summary: Summary | null;
  /** The first message that is in the prompt word for word. */
  liveFromSeq: number;
  /** Raised by one with every compaction; a compaction that finds another number does nothing. */
  revision: number;
  /** True once the model has been told that its window runs full, until the next compaction. */
  pressureNoticed: boolean;
  updatedAt: number;
}
