import { sql, type RawBuilder } from 'kysely';
import { transferKinds, type TransferKind, type TransferValues } from '../../domain/transfer.js';
import { partPurpose } from '../../domain/upload.js';
import { fromJsonOrNull, toFlag, toJsonOrNull } from './values.js';

/** How a field is kept: as it is, as JSON text, as 0 or 1, or by the absence of an owner. */
type Form = 'plain' | 'json' | 'flag' | 'unowned';

/** Where the things of a kind are kept, and how. */
export interface TransferTable<K extends TransferKind> {
  table: string;
  /** Columns that together tell a row from every other. */
  key: readonly string[];
  /** The column that says what a row belongs to, and the column order of its list; an index has them. */
  parent: string | null;
  order: readonly string[];
  /** Rows that count. */
  where: RawBuilder<unknown>;
  /** Whose a row of the table `row` is. */
  owner: RawBuilder<unknown>;
  /** Each field's form. A field's column has its name, with underscores, unless it is given here. */
  fields: { [F in keyof TransferValues[K]]: Form };
  columns?: { [F in keyof TransferValues[K]]?: string };
  /** What the columns hold that are no fields. */
  others(value: TransferValues[K], ownerId: string): Record<string, unknown>;
}

const owned = sql`row.owner_id`;
const nobody = sql`null`;
const all = sql`1 = 1`;
const kept = sql`row.removed = 0`;
const ofOwner = (_value: unknown, ownerId: string): Record<string, unknown> => ({ owner_id: ownerId });
const nothing = (): Record<string, unknown> => ({});
const byAge = ['created_at', 'id'] as const;

function ownerThrough(table: string, column: string): RawBuilder<unknown> {
  return sql`(select owner_id from ${sql.table(table)} as up where up.id = row.${sql.ref(column)})`;
}

const ofAgent = ownerThrough('agents', 'agent_id');
const ofMemory = sql`(select a.owner_id from memories as m join agents as a on a.id = m.agent_id
  where m.id = row.memory_id)`;

/** Every kind's table. */
export const transferTables: { [K in TransferKind]: TransferTable<K> } = {
  organisation: {
    ...{ table: 'organisations', key: ['id'], parent: null, order: ['id'], where: all, owner: nobody, others: nothing },
    fields: { id: 'plain', name: 'plain', createdAt: 'plain' },
  },
  user: {
    ...{ table: 'users', key: ['id'], parent: null, order: ['id'], where: all, owner: sql`row.id`, others: nothing },
    fields: { id: 'plain', name: 'plain', organisationId: 'plain', createdAt: 'plain' },
  },
  template: {
    ...{ table: 'templates', key: ['id'], parent: 'owner_id', order: byAge, where: all, owner: owned, others: ofOwner },
    fields: {
      ...{ id: 'plain', label: 'plain', name: 'plain', value: 'plain', charsMax: 'plain', description: 'plain' },
      ...{ offered: 'flag', metadata: 'json', createdAt: 'plain', updatedAt: 'plain' },
    },
  },
  preset: {
    ...{ table: 'presets', key: ['id'], parent: 'owner_id', order: byAge, where: all, owner: owned, others: ofOwner },
    fields: {
      ...{ id: 'plain', name: 'plain', description: 'plain', system: 'plain', systemName: 'plain', persona: 'plain' },
      ...{ personaName: 'plain', human: 'plain', humanName: 'plain', functions: 'json', createdAt: 'plain' },
    },
  },
  tool: {
    ...{ table: 'tools', key: ['id'], parent: 'owner_id', order: byAge, where: all, owner: owned },
    fields: {
      ...{ id: 'plain', name: 'plain', description: 'plain', sourceCode: 'plain', sourceType: 'plain' },
      ...{ jsonSchema: 'json', tags: 'json', module: 'plain', createdAt: 'plain', updatedAt: 'plain' },
      ofHouse: 'unowned',
    },
    others: ({ ofHouse }, ownerId) => ({ owner_id: ofHouse ? null : ownerId }),
  },
  file: {
    ...{ table: 'files', key: ['id'], parent: 'owner_id', order: byAge, owner: owned, others: ofOwner },
    where: sql`row.purpose <> ${sql.lit(partPurpose)}`,
    fields: {
      ...{ id: 'plain', name: 'plain', mimeType: 'plain', purpose: 'plain', bytes: 'plain', sha256: 'plain' },
      ...{ createdAt: 'plain', expiresAt: 'plain', faceData: 'json' },
    },
  },
  library: {
    ...{
      table: 'libraries',
      key: ['id'],
      parent: 'owner_id',
      order: byAge,
      where: kept,
      owner: owned,
      others: ofOwner,
    },
    fields: {
      ...{ id: 'plain', kind: 'plain', name: 'plain', description: 'plain', metadata: 'json' },
      ...{ expiresAfterDays: 'plain', lastActiveAt: 'plain', faceData: 'json', createdAt: 'plain', updatedAt: 'plain' },
    },
  },
  'library-file': {
    ...{ table: 'library_files', key: ['id'], parent: 'library_id', order: byAge, where: kept, owner: owned },
    fields: {
      ...{ id: 'plain', libraryId: 'plain', fileId: 'plain', status: 'plain', error: 'json', attributes: 'json' },
      ...{ chunking: 'json', progress: 'json', note: 'plain', createdAt: 'plain', endedAt: 'plain' },
    },
    others: ofOwner,
  },
  'library-passage': {
    ...{ table: 'texts', key: ['library_passage_id'], parent: 'library_file_id', order: ['position'], where: all },
    owner: ownerThrough('library_files', 'library_file_id'),
    fields: {
      ...{ id: 'plain', libraryId: 'plain', libraryFileId: 'plain', position: 'plain', text: 'plain' },
      createdAt: 'plain',
    },
    columns: { id: 'library_passage_id', libraryId: 'scope_id' },
    others: nothing,
  },
  block: {
    ...{ table: 'blocks', key: ['id'], parent: 'owner_id', order: byAge, where: all, owner: owned, others: ofOwner },
    fields: {
      ...{ id: 'plain', label: 'plain', description: 'plain', value: 'plain', charsMax: 'plain', readOnly: 'flag' },
      ...{ version: 'plain', createdAt: 'plain', updatedAt: 'plain' },
    },
  },
  'block-version': {
    ...{ table: 'block_versions', key: ['block_id', 'version'], parent: 'block_id', order: ['version'], where: all },
    owner: ownerThrough('blocks', 'block_id'),
    fields: {
      ...{ blockId: 'plain', version: 'plain', value: 'plain', actor: 'plain', runId: 'plain', stepId: 'plain' },
      ...{ parent: 'plain', restores: 'plain', createdAt: 'plain' },
    },
    others: nothing,
  },
  agent: {
    ...{ table: 'agents', key: ['id'], parent: 'owner_id', order: byAge, where: all, owner: owned, others: ofOwner },
    fields: {
      ...{ id: 'plain', name: 'plain', description: 'plain', instructions: 'plain', model: 'plain', protocol: 'plain' },
      ...{ origin: 'plain', envelope: 'plain', settings: 'json', tools: 'json', metadata: 'json', faceData: 'json' },
      ...{ mainConversationId: 'plain', createdAt: 'plain', updatedAt: 'plain' },
    },
  },
  memory: {
    ...{ table: 'memories', key: ['id'], parent: 'agent_id', order: ['key'], where: all, owner: ofAgent },
    fields: { id: 'plain', agentId: 'plain', key: 'plain', createdAt: 'plain' },
    others: () => ({ passage_count: 0 }),
  },
  'memory-block': {
    ...{
      table: 'memory_blocks',
      key: ['memory_id', 'block_id'],
      parent: 'memory_id',
      order: ['created_at', 'block_id'],
    },
    ...{ where: all, owner: ofMemory, others: nothing },
    fields: { memoryId: 'plain', blockId: 'plain', readOnly: 'flag', createdAt: 'plain' },
  },
  passage: {
    ...{ table: 'passages', key: ['id'], parent: 'memory_id', order: byAge, where: all, owner: ofMemory },
    fields: { id: 'plain', memoryId: 'plain', text: 'plain', tags: 'json', createdAt: 'plain' },
    others: nothing,
  },
  'agent-library': {
    ...{ table: 'agent_libraries', key: ['agent_id', 'library_id'], parent: 'agent_id', order: ['library_id'] },
    ...{ where: all, owner: ofAgent, others: nothing },
    fields: { agentId: 'plain', libraryId: 'plain', createdAt: 'plain' },
  },
  conversation: {
    // Where a memory is tidied is nobody's conversation, and is made anew where it is needed.
    ...{ table: 'conversations', key: ['id'], parent: 'owner_id', order: byAge, owner: owned },
    where: sql`tends_memory_id is null`,
    fields: {
      ...{ id: 'plain', memoryKey: 'plain', metadata: 'json', lastSeq: 'plain', createdAt: 'plain', faceData: 'json' },
    },
    others: ofOwner,
  },
  window: {
    ...{ table: 'windows', key: ['agent_id', 'conversation_id'], parent: 'conversation_id', order: ['agent_id'] },
    ...{ where: all, owner: ofAgent, others: nothing },
    fields: {
      ...{ agentId: 'plain', conversationId: 'plain', memoryId: 'plain', summary: 'json', liveFromSeq: 'plain' },
      ...{ revision: 'plain', pressureNoticed: 'flag', updatedAt: 'plain' },
    },
  },
  'conversation-library': {
    ...{ table: 'conversation_libraries', key: ['conversation_id', 'library_id'], parent: 'conversation_id' },
    ...{ order: ['library_id'], where: all, others: nothing },
    owner: ownerThrough('conversations', 'conversation_id'),
    fields: { conversationId: 'plain', libraryId: 'plain', createdAt: 'plain' },
  },
  message: {
    ...{ table: 'messages', key: ['id'], parent: 'conversation_id', order: ['seq'], others: nothing },
    where: sql`row.status <> 'in_progress'`,
    owner: ownerThrough('conversations', 'conversation_id'),
    fields: {
      ...{ id: 'plain', conversationId: 'plain', seq: 'plain', role: 'plain', kind: 'plain', parts: 'json' },
      ...{ visible: 'flag', status: 'plain', agentId: 'plain', runId: 'plain', stepId: 'plain', callId: 'plain' },
      ...{ name: 'plain', metadata: 'json', faceData: 'json', createdAt: 'plain' },
    },
  },
  run: {
    ...{ table: 'runs', key: ['id'], parent: 'conversation_id', order: byAge, owner: owned },
    where: sql`row.status not in ('queued', 'in_progress', 'requires_action', 'cancelling')`,
    fields: {
      ...{ id: 'plain', conversationId: 'plain', agentId: 'plain', status: 'plain', overrides: 'json', error: 'json' },
      ...{ incompleteReason: 'plain', usage: 'json', turn: 'plain', lastSeq: 'plain', metadata: 'json' },
      ...{ faceData: 'json', createdAt: 'plain', startedAt: 'plain', expiresAt: 'plain', endedAt: 'plain' },
    },
    others: (_value, ownerId) => ({
      ...{ owner_id: ownerId, waiting: 0, input: null, pending_calls: '[]', attempt: 0, losses: 0 },
      ...{ lease_owner: null, lease_until: null, log_kept: 0 },
    }),
  },
  step: {
    ...{ table: 'steps', key: ['id'], parent: 'run_id', order: ['turn', 'started_at', 'id'], where: all },
    owner: ownerThrough('runs', 'run_id'),
    fields: {
      ...{ id: 'plain', runId: 'plain', conversationId: 'plain', turn: 'plain', kind: 'plain', status: 'plain' },
      ...{ messageId: 'plain', calls: 'json', usage: 'json', error: 'json', startedAt: 'plain', endedAt: 'plain' },
    },
    others: nothing,
  },
};

/** A row of a kind's table. */
export type TransferRow = Record<string, unknown>;

/** A row as the rest of the program knows it. */
export function transferFromRow<K extends TransferKind>(kind: K, row: TransferRow): TransferValues[K] {
  const value: Record<string, unknown> = {};
  for (const { field, form, column } of cells[kind]) {
    value[field] = form === 'unowned' ? row['owner_id'] === null : fromCell(form, row[column]);
  }
  // Every field has just been given its column's value, and the table says that these are all fields.
  return value as unknown as TransferValues[K];
}

/** A thing as its table keeps it. */
export function transferToRow<K extends TransferKind>(kind: K, value: TransferValues[K], ownerId: string): TransferRow {
  const table: TransferTable<K> = transferTables[kind];
  const row: TransferRow = table.others(value, ownerId);
  for (const { field, form, column } of cells[kind]) {
    if (form === 'unowned') continue;
    const cell: unknown = (value as Record<string, unknown>)[field];
    row[column] = form === 'json' ? toJsonOrNull(cell) : form === 'flag' ? toFlag(cell === true) : cell;
  }
  return row;
}

/** A field with its form and its column. */
interface Cell {
  field: string;
  form: Form;
  column: string;
}

/** The fields of each kind, worked out once: an import asks for them with every row. */
const cells = Object.fromEntries(transferKinds.map((kind) => [kind, cellsOf(transferTables[kind])])) as Record<
  TransferKind,
  Cell[]
>;

function cellsOf({ fields, columns = {} }: { fields: object; columns?: object }): Cell[] {
  return Object.entries(fields as Record<string, Form>).map(([field, form]) => {
    const named = (columns as Record<string, string>)[field];
    return { field, form, column: named ?? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) };
  });
}

function fromCell(form: Form, cell: unknown): unknown {
  if (form === 'json') return fromJsonOrNull(typeof cell === 'string' ? cell : null);
  return form === 'flag' ? cell === 1 : cell;
}
