import type { ColumnType, Generated } from 'kysely';
import type { Envelope, Origin, Protocol } from '../../domain/agent.js';
import type { RunEvent } from '../../domain/event.js';
import type { BlockActor } from '../../domain/memory.js';
import type { Message, MessageKind, Role } from '../../domain/message.js';
import type { IncompleteReason, Step } from '../../domain/run.js';
import type { RunStatus } from '../../domain/status.js';
import type { LibraryTables } from './library-schema.js';

/*
 * The rows as both databases keep them: ids are text, times are milliseconds, truth is 0 or 1, and what no query looks
 * into is JSON text. A field a query does look into has a column of its own.
 */

/** A user. */
export interface UserRow {
  id: string;
  name: string | null;
  organisation_id: string | null;
  created_at: number;
}

/** A credential, known by its hash. */
export interface KeyRow {
  id: string;
  user_id: string;
  hash: string;
  hint: string;
  name: string | null;
  created_at: number;
}

/** An agent. */
export interface AgentRow {
  id: string;
  owner_id: string;
  name: string | null;
  description: string | null;
  instructions: string | null;
  model: string;
  protocol: Protocol;
  origin: Origin;
  envelope: Envelope;
  settings: string;
  tools: string;
  metadata: string;
  face_data: string;
  main_conversation_id: string | null;
  created_at: number;
  updated_at: number;
}

/** A memory, with the number of its passages. */
export interface MemoryRow {
  id: string;
  agent_id: string;
  key: string;
  passage_count: number;
  created_at: number;
}

/** A block as it now stands. */
export interface BlockRow {
  id: string;
  owner_id: string;
  label: string;
  description: string;
  value: string;
  chars_max: number;
  read_only: number;
  version: number;
  created_at: number;
  updated_at: number;
}

/** A block as it once stood. */
export interface BlockVersionRow {
  block_id: string;
  version: number;
  value: string;
  actor: BlockActor;
  run_id: string | null;
  step_id: string | null;
  /** The edit upon which this one was made; null for the first value and for what only restores. */
  parent: number | null;
  /** The edit whose value this entry brought back. */
  restores: number | null;
  created_at: number;
}

/** A block's place in a memory. A block is in one at least. */
export interface MemoryBlockRow {
  memory_id: string;
  block_id: string;
  label: string;
  /** 1 where the block may be read but not changed from here. */
  read_only: number;
  created_at: number;
}

/** A passage of the archive. */
export interface PassageRow {
  id: string;
  memory_id: string;
  text: string;
  tags: string;
  /** Tells the same text with the same tags; null for a passage edited into the likeness of another. */
  digest: string | null;
  created_at: number;
}

/** A tag of a passage, once more, where search can ask for it. */
export interface PassageTagRow {
  passage_id: string;
  tag: string;
}

/** A conversation, with the number of its newest message. */
export interface ConversationRow {
  id: string;
  owner_id: string;
  memory_key: string | null;
  metadata: string;
  last_seq: number;
  created_at: number;
  face_data: string;
  /** The memory that is tidied in it; null for every conversation that somebody began. */
  tends_memory_id: Generated<string | null>;
}

/** An agent's view of a conversation. */
export interface WindowRow {
  agent_id: string;
  conversation_id: string;
  memory_id: string;
  summary: string | null;
  live_from_seq: number;
  revision: number;
  pressure_noticed: number;
  updated_at: number;
  /** How far it has been read for the sake of the memory. */
  tidied_to_seq: Generated<number>;
}

/** When a memory is to be tidied. */
export interface SleepTimeRow {
  memory_id: string;
  runs: number;
  failures: number;
  due_at: number | null;
}

/** A message. */
export interface MessageRow {
  id: string;
  conversation_id: string;
  seq: number;
  role: Role;
  kind: MessageKind;
  visible: number;
  status: Message['status'];
  agent_id: string | null;
  run_id: string | null;
  step_id: string | null;
  call_id: string | null;
  name: string | null;
  metadata: string;
  face_data: string;
  created_at: number;
  parts: string;
}

/** A run, which is also the queue's entry for it. */
export interface RunRow {
  id: string;
  owner_id: string;
  conversation_id: string;
  agent_id: string;
  status: RunStatus;
  waiting: number;
  /** 1 for a run that nobody waits for. */
  background: Generated<number>;
  turn: number;
  attempt: number;
  losses: number;
  lease_owner: string | null;
  lease_until: number | null;
  last_seq: number;
  /** 1 until the run's log has been pruned. */
  log_kept: Generated<number>;
  created_at: number;
  started_at: number | null;
  expires_at: number | null;
  ended_at: number | null;
  incomplete_reason: IncompleteReason | null;
  error: string | null;
  usage: string | null;
  metadata: string;
  face_data: string;
  pending_calls: string;
  overrides: string;
  input: string | null;
}

/** A step of a run. */
export interface StepRow {
  id: string;
  run_id: string;
  conversation_id: string;
  turn: number;
  kind: Step['kind'];
  status: Step['status'];
  message_id: string | null;
  calls: string;
  usage: string | null;
  error: string | null;
  started_at: number;
  ended_at: number | null;
}

/** A numbered fact of a run's log. */
export interface EventRow {
  run_id: string;
  seq: number;
  at: number;
  type: RunEvent['type'];
  fact: string;
}

/** A text that can be found by search: one for each said message and each passage. Written once, never changed. */
export interface TextRow {
  key: Generated<number>;
  message_id: string | null;
  passage_id: string | null;
  /** A passage of a library has no row but this one: its id, and the file it was read from. */
  library_passage_id: string | null;
  library_file_id: string | null;
  /** Its place in the file or, for a message, in the conversation: the message's `seq`. */
  position: number | null;
  /** The name that a message's speaker goes by, where one was given. */
  speaker: string | null;
  /** The conversation of a message, the memory of a passage, the library of a passage of a file. */
  scope_id: string;
  /** The tokens by which the word index is narrowed to one conversation, memory or owner. */
  scope: string;
  role: Role | null;
  chars: number;
  created_at: number;
  /** The model whose vector this text has; empty where it has none. */
  embedded_by: Generated<string>;
  text: string;
  /** PostgreSQL's word index of this text; SQLite keeps its own beside the table. */
  words: ColumnType<never, unknown, never>;
}

/** The vector of a text, of length one, as 32-bit floats. */
export interface VectorRow {
  text_key: number;
  scope_id: string;
  model: string;
  dimensions: number;
  bytes: Uint8Array;
}

/** A text that blocks begin with. */
export interface TemplateRow {
  id: string;
  owner_id: string;
  label: string;
  name: string | null;
  chars_max: number;
  description: string | null;
  offered: number;
  metadata: string;
  created_at: number;
  updated_at: number;
  value: string;
}

/** A preset of a user's own. */
export interface PresetRow {
  id: string;
  owner_id: string;
  name: string;
  description: string | null;
  system_name: string | null;
  persona_name: string | null;
  human_name: string | null;
  created_at: number;
  system: string;
  persona: string;
  human: string;
  functions: string;
}

/** A tool that is kept as source text. */
export interface ToolRow {
  id: string;
  owner_id: string | null;
  name: string;
  description: string | null;
  source_type: string | null;
  module: string | null;
  tags: string;
  created_at: number;
  updated_at: number;
  json_schema: string;
  source_code: string;
}

/** A group of users. */
export interface OrganisationRow {
  id: string;
  name: string;
  created_at: number;
}

/** How far an import has come. */
export interface TransferMarkRow {
  id: string;
  fingerprint: string;
  position: number;
  started_at: number;
  updated_at: number;
  ended_at: number | null;
  report: string;
}

/** A migration that has been carried out. */
export interface MigrationRow {
  number: number;
  name: string;
  applied_at: number;
}

/** Every table by its name. */
export interface Database extends LibraryTables {
  users: UserRow;
  api_keys: KeyRow;
  agents: AgentRow;
  memories: MemoryRow;
  blocks: BlockRow;
  block_versions: BlockVersionRow;
  memory_blocks: MemoryBlockRow;
  passages: PassageRow;
  passage_tags: PassageTagRow;
  conversations: ConversationRow;
  windows: WindowRow;
  sleep_times: SleepTimeRow;
  messages: MessageRow;
  runs: RunRow;
  steps: StepRow;
  events: EventRow;
  texts: TextRow;
  vectors: VectorRow;
  templates: TemplateRow;
  presets: PresetRow;
  tools: ToolRow;
  organisations: OrganisationRow;
  transfers: TransferMarkRow;
  migrations: MigrationRow;
}
