/** What an agent knows of somebody or something: its blocks and its archive. */
export interface Memory {
  id: string;
  agentId: string;
  /** `default`, or the key that conversations name: usually an end user's id. */
  key: string;
  /** Passages in the archive, kept current by the store. */
  passageCount: number;
  createdAt: number;
}

/** The key of the memory that every agent has. */
export const defaultMemoryKey = 'default';

/** A labelled text that is always in the prompt. It lies in one memory at least, and may be shared by several. */
export interface Block {
  id: string;
  /** The memory it was read from; asked for by its id alone, the first it was put in. */
  memoryId: string;
  label: string;
  description: string;
  value: string;
  /** The most Unicode code points `value` may hold. */
  charsMax: number;
  /** True where agents may not change it: anywhere, or from the memory it was read from. */
  readOnly: boolean;
  /** Raised by one with every edit. */
  version: number;
  createdAt: number;
  updatedAt: number;
}

/** Who edited a block. */
export type BlockActor = 'agent' | 'user' | 'system';

/** One entry of a block's history: the value as it stood from this version on. */
export interface BlockVersion {
  blockId: string;
  version: number;
  value: string;
  actor: BlockActor;
  runId: string | null;
  stepId: string | null;
  /** The version this edit was made upon; null for the first value and for an undo or redo. */
  parent: number | null;
  /** The version whose value an undo or redo brought back; null for an edit. */
  restores: number | null;
  createdAt: number;
}

/** A text in the archive. */
export interface Passage {
  id: string;
  memoryId: string;
  text: string;
  tags: string[];
  createdAt: number;
}

/** The length by which limits are kept: Unicode code points. */
export function charsOf(text: string): number {
  let count = 0;
  for (const character of text) {
    void character;
    count += 1;
  }
  return count;
}
