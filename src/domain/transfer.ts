import type { Agent } from './agent.js';
import type { Conversation, Window } from './conversation.js';
import type { StoredFile } from './file.js';
import type { IdKind } from './ids.js';
import type { Library, LibraryFile, LibraryPassage } from './library.js';
import type { Block, BlockVersion, Memory, Passage } from './memory.js';
import type { Message } from './message.js';
import type { Organisation } from './organisation.js';
import type { StoredPreset } from './preset.js';
import type { Run, Step } from './run.js';
import type { StoredTool } from './stored-tool.js';
import type { Template } from './template.js';
import type { User } from './user.js';

/*
 * What goes from server to server: the things of the house as plain data, without whose they are, without what the
 * store counts by itself, and without anything secret.
 */

/** The vector of a text, which is taken along where that is wished: it can always be made anew. */
export interface TransferVector {
  /** Who made it: the provider and the model, `openai/text-embedding-3-small`. */
  model: string;
  /** Its numbers as singles, the lowest byte first, in base64. */
  base64: string;
}

/** The kinds of which a text may have a vector. */
export const vectorKinds = ['library-passage', 'passage', 'message'] as const satisfies readonly TransferKind[];

/** A kind of which a text may have a vector. */
export type VectorKind = (typeof vectorKinds)[number];

/** Every kind of thing that can be taken along, each with its form. */
export interface TransferValues {
  organisation: Organisation;
  user: User;
  template: Omit<Template, 'ownerId'>;
  preset: Omit<StoredPreset, 'ownerId'>;
  tool: Omit<StoredTool, 'ownerId'> & {
    /** True for a tool that is everybody's. */
    ofHouse: boolean;
  };
  file: Omit<StoredFile, 'ownerId'>;
  library: Omit<Library, 'ownerId' | 'counts' | 'usageBytes' | 'passageCount'>;
  /** In progress, it is read again where it arrives; completed, it brings its passages along. */
  'library-file': Omit<LibraryFile, 'ownerId' | 'batchId' | 'usageBytes' | 'passageCount' | 'started' | 'attempt'>;
  'library-passage': Omit<LibraryPassage, 'fileId' | 'fileName'> & { vector?: TransferVector };
  agent: Omit<Agent, 'ownerId'>;
  memory: Omit<Memory, 'passageCount'>;
  /** A block by itself; `memory-block` says where it lies. */
  block: Omit<Block, 'memoryId'>;
  /** An entry of a block's history. The newest has the version and the value that the block has. */
  'block-version': BlockVersion;
  /** The place of a block in a memory. A block that is shared has several. */
  'memory-block': { memoryId: string; blockId: string; readOnly: boolean; createdAt: number };
  passage: Passage & { vector?: TransferVector };
  conversation: Required<Pick<Conversation, 'id' | 'memoryKey' | 'metadata' | 'lastSeq' | 'createdAt' | 'faceData'>>;
  window: Window;
  message: Message & { vector?: TransferVector };
  /** Only runs that have ended are taken along; their logs are not. */
  run: Omit<Run, 'ownerId' | 'waiting' | 'input' | 'pendingCalls' | 'attempt' | 'losses' | 'leaseOwner' | 'leaseUntil'>;
  step: Step;
  'agent-library': { agentId: string; libraryId: string; createdAt: number };
  'conversation-library': { conversationId: string; libraryId: string; createdAt: number };
}

/** The name of a kind of thing that can be taken along. */
export type TransferKind = keyof TransferValues;

/** The kinds that have an id of their own, with the kind of that id. */
export const transferIds = {
  organisation: 'organisation',
  user: 'user',
  template: 'block',
  preset: 'preset',
  tool: 'tool',
  file: 'file',
  library: 'library',
  'library-file': 'job',
  'library-passage': 'passage',
  agent: 'agent',
  memory: 'memory',
  block: 'block',
  passage: 'passage',
  conversation: 'conversation',
  message: 'message',
  run: 'run',
  step: 'step',
} as const satisfies Partial<Record<TransferKind, IdKind>>;

/** A kind whose things have an id of their own. */
export type IdentifiedKind = keyof typeof transferIds;

/** All kinds, in an order in which nothing comes before what it belongs to. */
export const transferKinds = [
  'organisation',
  'user',
  'template',
  'preset',
  'tool',
  'file',
  'library',
  'library-file',
  'library-passage',
  'block',
  'block-version',
  'agent',
  'memory',
  'memory-block',
  'passage',
  'agent-library',
  'conversation',
  'window',
  'conversation-library',
  'message',
  'run',
  'step',
] as const satisfies readonly TransferKind[];
