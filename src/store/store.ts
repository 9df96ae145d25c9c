import type { Agent, Origin } from '../domain/agent.js';
import type { Conversation, Summary, Window } from '../domain/conversation.js';
import type { RunEvent } from '../domain/event.js';
import type { Library } from '../domain/library.js';
import type { Passage } from '../domain/memory.js';
import type { Message, NewMessage, Role } from '../domain/message.js';
import type { Organisation } from '../domain/organisation.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { StoredPreset } from '../domain/preset.js';
import type { Run, Step } from '../domain/run.js';
import type { RunStatus } from '../domain/status.js';
import type { StoredTool } from '../domain/stored-tool.js';
import type { Template } from '../domain/template.js';
import type { ApiKey, User } from '../domain/user.js';
import type {
  Blobs,
  FileRepository,
  LibraryRepository,
  LibrarySearchRequest,
  LibrarySearchResult,
  UploadRepository,
} from './library.js';
import type { SleepTimeRepository } from './sleep-time.js';
import type { TransferRepository } from './transfer.js';
import type { MemoryRepository } from './memory.js';

/*
 * The port to the database. A finder that takes an owner returns null for somebody else's row; those that take none
 * are for the engine and its workers. Nothing here throws for an absent row. A page's cursor that names no row of the
 * list throws `invalid_request` with param `after` or `before`.
 */

/** Users and their keys. */
export interface UserRepository {
  /** False where the id is taken. */
  insert(user: User): Promise<boolean>;
  get(id: string): Promise<User | null>;
  page(request: PageRequest): Promise<Page<User>>;
  /** Deletes the user and everything that is theirs. False where there was none. */
  delete(id: string): Promise<boolean>;
  insertKey(key: ApiKey): Promise<void>;
  findKey(hash: string): Promise<ApiKey | null>;
  findKeyById(id: string): Promise<ApiKey | null>;
  /** Keys of which lists show this: two at the most, which is enough to see that it is not one. */
  keysByHint(hint: string): Promise<ApiKey[]>;
  keys(userId: string): Promise<ApiKey[]>;
  deleteKey(hash: string): Promise<boolean>;
}

/** Agents. */
export interface AgentRepository {
  insert(agent: Agent): Promise<void>;
  get(ownerId: string, id: string): Promise<Agent | null>;
  find(id: string): Promise<Agent | null>;
  findByName(ownerId: string, name: string, origin: Origin): Promise<Agent | null>;
  /** Writes every column but `id`, `ownerId` and `createdAt`. */
  update(agent: Agent): Promise<void>;
  /** Deletes the agent with its memories and windows; its conversations and runs stay. False where there was none. */
  delete(ownerId: string, id: string): Promise<boolean>;
  page(ownerId: string, request: PageRequest): Promise<Page<Agent>>;
}

/** Conversations and the windows of agents on them. */
export interface ConversationRepository {
  insert(conversation: Conversation): Promise<void>;
  get(ownerId: string, id: string): Promise<Conversation | null>;
  find(id: string): Promise<Conversation | null>;
  update(conversation: Conversation): Promise<void>;
  /** Deletes it with its messages, windows and runs. */
  delete(ownerId: string, id: string): Promise<boolean>;
  page(ownerId: string, request: ConversationPageRequest): Promise<Page<Conversation>>;
  /** Holds the row until the transaction ends, so that beginning and ending of runs take turns. Null where absent. */
  lock(id: string): Promise<Conversation | null>;
  window(agentId: string, conversationId: string): Promise<Window | null>;
  /** Inserts, or returns the window that is there. */
  openWindow(window: Window): Promise<Window>;
  /** Moves the live part forward where the revision is still the one given. False where it is not. */
  compactWindow(compaction: WindowCompaction): Promise<boolean>;
  noticePressure(agentId: string, conversationId: string, at: number): Promise<void>;
  /** Conversations in which a memory is open, counted up to a limit; the one in which it is tidied is none of them. */
  countSharing(memoryId: string, limit: number): Promise<number>;
}

/** What part of an owner's conversations a reader wants. */
export interface ConversationPageRequest extends PageRequest {
  memoryKey?: string;
  /** Only those in which this agent has a window. */
  agentId?: string;
  /** Only those with all of these pairs. Every conversation of the owner may be looked at. */
  metadata?: Record<string, string>;
}

/** A step forward of a window's live part. */
export interface WindowCompaction {
  agentId: string;
  conversationId: string;
  expectedRevision: number;
  summary: Summary | null;
  liveFromSeq: number;
  at: number;
}

/** What part of a conversation a reader wants. */
export interface MessagePageRequest extends PageRequest {
  visibleOnly: boolean;
  runId?: string;
  /** Leaves out what callers brought. */
  madeByAgents?: boolean;
  /** Visible messages and those of this agent. */
  agentId?: string;
}

/** Messages. */
export interface MessageRepository {
  /** Gives each its number, in the order given. */
  append(conversationId: string, messages: NewMessage[]): Promise<Message[]>;
  get(conversationId: string, id: string): Promise<Message | null>;
  /** Writes all but the message's place: its id, conversation, number, run, step and time. */
  update(message: Message): Promise<void>;
  delete(conversationId: string, id: string): Promise<boolean>;
  /** How many messages a history tells: all but the finished words that a call of the agent has said. */
  countTold(conversationId: string): Promise<number>;
  /**
   * What an agent sees of a conversation between two numbers, both included, in order: finished visible messages and
   * its own inner ones, without `system` rows. `toSeq` null is up to the end. With `newest`, only that many, the last.
   */
  view(request: ViewRequest): Promise<Message[]>;
  page(conversationId: string, request: MessagePageRequest): Promise<Page<Message>>;
}

/** A part of a conversation as one agent sees it. */
export interface ViewRequest {
  conversationId: string;
  agentId: string;
  fromSeq: number;
  toSeq: number | null;
  newest?: number;
}

/** Runs and their steps. */
export interface RunRepository {
  /** False where the run is not `waiting` and the conversation already has an active run that is not. */
  insert(run: Run): Promise<boolean>;
  get(ownerId: string, id: string): Promise<Run | null>;
  find(id: string): Promise<Run | null>;
  page(conversationId: string, request: PageRequest): Promise<Page<Run>>;
  /** The active run of a conversation that is not waiting. */
  active(conversationId: string): Promise<Run | null>;
  countWaiting(conversationId: string): Promise<number>;
  /**
   * Takes the oldest run that is queued and not waiting, or in progress (or cancelling) with a lapsed lease. Sets
   * owner and lease, raises `attempt`, raises `losses` where a lease had lapsed, sets `startedAt` the first time. A
   * queued run becomes `in_progress`; a cancelling one stays so. With `background`, of the runs that tidy a memory; else
   * of all others.
   */
  claim(claim: { owner: string; now: number; leaseUntil: number; background?: boolean }): Promise<Run | null>;
  /** Takes `count` event numbers and renews the lease. Null where the lease is gone; else the row after it. */
  fence(fence: RunFence): Promise<Run | null>;
  /** Takes `count` event numbers without a lease, for what a face does to a run. The row after it. */
  takeNumbers(id: string, count: number): Promise<Run | null>;
  /**
   * Writes the row where its status in the table is still `from`: everything but owner, conversation, agent, attempt,
   * `lastSeq` and `createdAt`. False where the status is another.
   */
  write(run: Run, from: RunStatus): Promise<boolean>;
  /** Lets the next waiting run of a conversation stand in the queue, where nothing is active. Its id, or null. */
  promoteWaiting(conversationId: string): Promise<string | null>;
  /**
   * Lets every lease lapse at once; how many. For a store that only one process can open: who held them is dead.
   */
  lapseLeases(now: number): Promise<number>;
  /** Runs that wait in the queue or for the client past their `expiresAt`. */
  overdue(now: number, limit: number): Promise<Run[]>;
  /** Of these runs, those whose status is `cancelling`. */
  cancelling(ids: string[]): Promise<string[]>;
  insertStep(step: Step): Promise<void>;
  updateStep(step: Step): Promise<void>;
  step(runId: string, id: string): Promise<Step | null>;
  /** In the order they were made. */
  steps(runId: string): Promise<Step[]>;
  pageSteps(runId: string, request: PageRequest): Promise<Page<Step>>;
}

/** Who may append to a run's log. */
export interface RunFence {
  id: string;
  owner: string;
  attempt: number;
  count: number;
  leaseUntil: number;
}

/** The logs of runs. */
export interface EventRepository {
  append(events: RunEvent[]): Promise<void>;
  /** In order, after a number. */
  read(runId: string, afterSeq: number, limit: number): Promise<RunEvent[]>;
  newest(runId: string, type: RunEvent['type']): Promise<RunEvent | null>;
  /** Deletes the logs of runs that ended before a time; how many runs. */
  prune(endedBefore: number, limit: number): Promise<number>;
}

/** Texts that blocks begin with. */
export interface TemplateRepository {
  /** False where the owner has one of this label and name. */
  insert(template: Template): Promise<boolean>;
  get(ownerId: string, id: string): Promise<Template | null>;
  findByName(ownerId: string, label: string, name: string): Promise<Template | null>;
  /** Writes everything but owner and birth. False where its new name is taken. */
  update(template: Template): Promise<boolean>;
  delete(ownerId: string, id: string): Promise<boolean>;
  page(ownerId: string, request: TemplatePageRequest): Promise<Page<Template>>;
}

/** What part of an owner's templates a reader wants. */
export interface TemplatePageRequest extends PageRequest {
  label?: string;
}

/** Presets of users' own. */
export interface PresetRepository {
  /** False where the owner has one of this name. */
  insert(preset: StoredPreset): Promise<boolean>;
  findByName(ownerId: string, name: string): Promise<StoredPreset | null>;
  delete(ownerId: string, id: string): Promise<boolean>;
  page(ownerId: string, request: PageRequest): Promise<Page<StoredPreset>>;
}

/** Tools that are kept as source text. An owner of null means the tools of the whole house. */
export interface ToolRepository {
  /** False where the owner has one of this name. */
  insert(tool: StoredTool): Promise<boolean>;
  get(ownerId: string | null, id: string): Promise<StoredTool | null>;
  findByName(ownerId: string | null, name: string): Promise<StoredTool | null>;
  /** Writes everything but owner and birth. False where its new name is taken. */
  update(tool: StoredTool): Promise<boolean>;
  delete(ownerId: string | null, id: string): Promise<boolean>;
  page(ownerId: string | null, request: PageRequest): Promise<Page<StoredTool>>;
}

/** Groups of users. */
export interface OrganisationRepository {
  /** False where the id is taken. */
  insert(organisation: Organisation): Promise<boolean>;
  get(id: string): Promise<Organisation | null>;
  /** Its users stay, in none. */
  delete(id: string): Promise<boolean>;
  page(request: PageRequest): Promise<Page<Organisation>>;
}

/** Rings that tell other processes to look again. A hint, never the truth; SQLite has no other processes. */
export interface Bell {
  ring(topic: string): Promise<void>;
}

/** All repositories, over one connection or one transaction. */
export interface Repositories {
  users: UserRepository;
  agents: AgentRepository;
  memories: MemoryRepository;
  conversations: ConversationRepository;
  messages: MessageRepository;
  runs: RunRepository;
  events: EventRepository;
  files: FileRepository;
  libraries: LibraryRepository;
  uploads: UploadRepository;
  templates: TemplateRepository;
  presets: PresetRepository;
  tools: ToolRepository;
  organisations: OrganisationRepository;
  transfers: TransferRepository;
  sleepTimes: SleepTimeRepository;
  bell: Bell;
}

/** A vector with the name of the model that made it; vectors of different models are never compared. */
export interface Embedding {
  model: string;
  vector: Float32Array;
}

/** A search over one memory. */
export interface SearchRequest {
  memoryId: string;
  /** Words to look for; null lists by time, newest first. */
  query: string | null;
  /** The query's own vector, where there is a provider of them. */
  embedding: Embedding | null;
  /** Milliseconds, both included. */
  from: number | null;
  to: number | null;
  /** Times that the words speak of: what is of them counts more, what is not is found as well. */
  times?: readonly TimeSpan[];
  limit: number;
  offset: number;
}

/** A stretch of time in milliseconds, both included. */
export interface TimeSpan {
  from: number;
  to: number;
}

/** A search of what was said in the conversations of a memory. */
export interface MessageSearchRequest extends SearchRequest {
  roles: Role[] | null;
}

/** A search of the archive. */
export interface PassageSearchRequest extends SearchRequest {
  tags: string[] | null;
  tagMatch: 'any' | 'all';
}

/** Hits in order of rank, with the exact number of all of them. */
export interface SearchResult<T> {
  hits: T[];
  total: number;
}

/** A text whose vector is missing: a message, a passage of the archive, or a passage of a library. */
export interface TextToEmbed {
  kind: 'message' | 'passage' | 'library-passage';
  id: string;
  text: string;
}

/**
 * Searching, outside of transactions: by words with stemming, by vectors, fused by rank. Sees everything that was
 * committed before the call. Covers visible messages of users and agents; never searches' own echoes.
 */
export interface Search {
  messages(request: MessageSearchRequest): Promise<SearchResult<Message>>;
  passages(request: PassageSearchRequest): Promise<SearchResult<Passage>>;
  libraries(request: LibrarySearchRequest): Promise<LibrarySearchResult>;
  /** The libraries that an agent may search in a conversation: its own and the conversation's, each once. */
  attachedLibraries(agentId: string, conversationId: string): Promise<Library[]>;
  /** How many texts have no vector of this model. */
  countWithoutVector(model: string): Promise<number>;
  /** Texts that have no vector of this model, oldest first. */
  withoutVector(model: string, limit: number): Promise<TextToEmbed[]>;
  putVectors(model: string, vectors: { kind: TextToEmbed['kind']; id: string; vector: Float32Array }[]): Promise<void>;
}

/** How a transaction reaches the disk. */
export interface TransactionOptions {
  /** True for stream deltas: survives a killed process, not a lost power supply. */
  relaxed?: boolean;
}

/** Where rows live. */
export interface Store extends Repositories {
  /** A word for logs and health reports: `sqlite` or `postgres`. */
  readonly name: string;
  /** True where no other process can have this database open. */
  readonly exclusive: boolean;
  readonly search: Search;
  /** The bytes of files; they take no part in transactions. */
  readonly blobs: Blobs;
  /**
   * Runs the work in one transaction, rolled back where it throws. Await nothing but the store inside. The work may be
   * run again where the database asks for it, so it changes nothing but the store.
   */
  transaction<T>(work: (tx: Repositories) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Hears the rings of other processes. The function returned stops it. */
  listen(onRing: (topic: string) => void): Promise<() => Promise<void>>;
  /** Throws where the database does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}
