import type { IdentifiedKind, TransferKind, TransferValues, TransferVector, VectorKind } from '../domain/transfer.js';

/*
 * The part of the store's port that takes things along as they are: by the same few verbs for every kind of thing.
 */

/** Something that is in the store, and whose it is; null for what is nobody's. */
export interface Stored<K extends TransferKind> {
  ownerId: string | null;
  value: TransferValues[K];
}

/** A part of a list, with the cursor that the next part begins after; null where there is none. */
export interface TransferPart<K extends TransferKind> {
  values: TransferValues[K][];
  next: string | null;
}

/** How far an import has come. It is written together with what was imported up to there. */
export interface TransferMark {
  id: string;
  /** Tells the source, its format and the wishes of whoever imports it from all others. */
  fingerprint: string;
  /** Records of the source that have been dealt with. */
  position: number;
  /** What the report says so far. */
  report: unknown;
  startedAt: number;
  updatedAt: number;
  /** Null until the import has come to its end. */
  endedAt: number | null;
}

/** Takes things out as they are, and puts things in as they were. It knows no owner's bounds: they are the caller's. */
export interface TransferRepository {
  /** Those of these ids that are there, whosever they are. */
  find<K extends IdentifiedKind>(kind: K, ids: readonly string[]): Promise<Map<string, Stored<K>>>;
  /**
   * Inserts, in the order given, with all that goes with a thing: the index of search, counts, numbers of messages,
   * and the vector it brings along.
   * For each, whether it was inserted: false where its id, its name or its place is taken. Throws `not_found` where
   * what it belongs to is absent.
   */
  insert<K extends TransferKind>(kind: K, ownerId: string, values: readonly TransferValues[K][]): Promise<boolean[]>;
  /**
   * Lists what belongs to something, in an order that never changes: to a conversation its messages, to a memory its
   * passages, to a user the agents; with null, the users and organisations themselves and the tools of the house.
   */
  list<K extends TransferKind>(
    kind: K,
    parentId: string | null,
    after: string | null,
    limit: number,
  ): Promise<TransferPart<K>>;
  /** For each, whether one of its key is there: of things without an id, such as the place of a block in a memory. */
  holds<K extends TransferKind>(kind: K, values: readonly TransferValues[K][]): Promise<boolean[]>;
  /** The vectors of texts, by the ids of what these are the texts of; what has none is not among them. */
  vectors(kind: VectorKind, ids: readonly string[]): Promise<Map<string, TransferVector>>;
  /** The conversations in which an agent has a window, by their ids. */
  conversationsOf(agentId: string, after: string | null, limit: number): Promise<TransferPart<'conversation'>>;
  /** The number of the newest message that is there, 0 where there is none. */
  newestSeq(conversationId: string): Promise<number>;
  /** The import of this fingerprint that has not come to its end. */
  unfinished(fingerprint: string): Promise<TransferMark | null>;
  /** Writes the mark, new or once more. */
  mark(mark: TransferMark): Promise<void>;
}
