import { transferKinds, type IdentifiedKind, type TransferKind, type TransferValues } from '../domain/transfer.js';

/** A field that names a thing. */
export interface Reference {
  field: string;
  kind: IdentifiedKind;
  /** True where nothing can be kept without what it names. */
  needed: boolean;
}

type Fields<K extends TransferKind> = { [F in keyof TransferValues[K]]?: IdentifiedKind };

/** What a thing belongs to, by field. */
const needed: { [K in TransferKind]: Fields<K> } = {
  organisation: {},
  user: { organisationId: 'organisation' },
  template: {},
  preset: {},
  tool: {},
  file: {},
  library: {},
  'library-file': { libraryId: 'library', fileId: 'file' },
  'library-passage': { libraryId: 'library', libraryFileId: 'library-file' },
  block: {},
  'block-version': { blockId: 'block' },
  agent: {},
  memory: { agentId: 'agent' },
  'memory-block': { memoryId: 'memory', blockId: 'block' },
  passage: { memoryId: 'memory' },
  'agent-library': { agentId: 'agent', libraryId: 'library' },
  conversation: {},
  window: { agentId: 'agent', conversationId: 'conversation', memoryId: 'memory' },
  'conversation-library': { conversationId: 'conversation', libraryId: 'library' },
  message: { conversationId: 'conversation' },
  run: { conversationId: 'conversation' },
  step: { runId: 'run', conversationId: 'conversation' },
};

/** What a thing only mentions, by field: it may be anywhere in the source, or gone. */
const mentioned: { [K in TransferKind]?: Fields<K> } = {
  'block-version': { runId: 'run', stepId: 'step' },
  agent: { mainConversationId: 'conversation' },
  message: { agentId: 'agent', runId: 'run', stepId: 'step' },
  run: { agentId: 'agent' },
  step: { messageId: 'message' },
};

const references = new Map(
  transferKinds.map((kind) => [
    kind,
    [...asReferences(needed[kind], true), ...asReferences(mentioned[kind] ?? {}, false)],
  ]),
);

/** The fields of a kind that name other things. */
export function referencesOf(kind: TransferKind): readonly Reference[] {
  return references.get(kind) ?? [];
}

function asReferences(fields: Record<string, IdentifiedKind>, isNeeded: boolean): Reference[] {
  return Object.entries(fields).map(([field, kind]) => ({ field, kind, needed: isNeeded }));
}
