import type { Agent } from '../../src/domain/agent.js';
import type { Conversation, Window } from '../../src/domain/conversation.js';
import type { StoredFile } from '../../src/domain/file.js';
import { newId } from '../../src/domain/ids.js';
import type { Library, LibraryFile } from '../../src/domain/library.js';
import type { Block, Memory, Passage } from '../../src/domain/memory.js';
import type { NewMessage } from '../../src/domain/message.js';
import type { Run, Step } from '../../src/domain/run.js';
import type { StoredPreset } from '../../src/domain/preset.js';
import type { StoredTool } from '../../src/domain/stored-tool.js';
import type { Template } from '../../src/domain/template.js';
import type { User } from '../../src/domain/user.js';
import type { Store } from '../../src/store/store.js';

/*
 * Rows for the tests of the store: whole, valid, and different from one another only where a test says so.
 */

export const makeUser = (changes: Partial<User> = {}): User => ({
  id: newId(),
  name: 'Ada',
  organisationId: null,
  createdAt: 1_000,
  ...changes,
});

export const makeAgent = (ownerId: string, changes: Partial<Agent> = {}): Agent => ({
  id: newId(),
  ownerId,
  name: null,
  description: 'helps',
  instructions: 'Be kind.',
  model: 'offline/demo',
  protocol: 'native',
  origin: 'openai',
  envelope: 'plain',
  settings: { temperature: 0.5, responseFormat: { type: 'json_object' } },
  tools: [{ type: 'builtin', name: 'recall_search' }],
  metadata: { team: 'blue' },
  faceData: { preset: ['a', 1, null] },
  mainConversationId: null,
  createdAt: 1_000,
  updatedAt: 1_000,
  ...changes,
});

export const makeMemory = (agentId: string, changes: Partial<Memory> = {}): Memory => ({
  id: newId(),
  agentId,
  key: 'default',
  passageCount: 0,
  createdAt: 1_000,
  ...changes,
});

export const makeBlock = (memoryId: string, changes: Partial<Block> = {}): Block => ({
  id: newId(),
  memoryId,
  label: 'human',
  description: 'who they are',
  value: 'Likes tea.',
  charsMax: 5_000,
  readOnly: false,
  version: 1,
  createdAt: 1_000,
  updatedAt: 1_000,
  ...changes,
});

export const makePassage = (memoryId: string, changes: Partial<Passage> = {}): Passage => ({
  id: newId(),
  memoryId,
  text: 'The cat sleeps.',
  tags: [],
  createdAt: 1_000,
  ...changes,
});

export const makeConversation = (ownerId: string, changes: Partial<Conversation> = {}): Conversation => ({
  id: newId(),
  ownerId,
  memoryKey: null,
  metadata: { topic: 'tea' },
  lastSeq: 0,
  createdAt: 1_000,
  ...changes,
});

export const makeWindow = (
  agentId: string,
  conversationId: string,
  memoryId: string,
  changes: Partial<Window> = {},
): Window => ({
  agentId,
  conversationId,
  memoryId,
  summary: null,
  liveFromSeq: 1,
  revision: 0,
  pressureNoticed: false,
  updatedAt: 1_000,
  ...changes,
});

export const makeMessage = (conversationId: string, text: string, changes: Partial<NewMessage> = {}): NewMessage => ({
  id: newId(),
  conversationId,
  role: 'user',
  kind: 'said',
  parts: [{ type: 'text', text }],
  visible: true,
  status: 'completed',
  agentId: null,
  runId: null,
  stepId: null,
  callId: null,
  name: null,
  metadata: {},
  faceData: {},
  createdAt: 1_000,
  ...changes,
});

export const makeRun = (
  owner: { ownerId: string; conversationId: string; agentId: string },
  changes: Partial<Run> = {},
): Run => ({
  id: newId(),
  ...owner,
  status: 'queued',
  waiting: false,
  overrides: { model: 'offline/demo' },
  input: null,
  pendingCalls: [],
  error: null,
  incompleteReason: null,
  usage: null,
  turn: 0,
  attempt: 0,
  losses: 0,
  leaseOwner: null,
  leaseUntil: null,
  lastSeq: 0,
  metadata: {},
  faceData: {},
  createdAt: 1_000,
  startedAt: null,
  expiresAt: null,
  endedAt: null,
  ...changes,
});

export const makeStep = (run: Run, changes: Partial<Step> = {}): Step => ({
  id: newId(),
  runId: run.id,
  conversationId: run.conversationId,
  turn: 0,
  kind: 'message',
  status: 'in_progress',
  messageId: null,
  calls: [],
  usage: null,
  error: null,
  startedAt: 1_000,
  endedAt: null,
  ...changes,
});

/** A user with an agent, its memory, a conversation and the window between them. */
export interface Scene {
  user: User;
  agent: Agent;
  memory: Memory;
  conversation: Conversation;
  /** What a run of this agent in this conversation belongs to. */
  owner: { ownerId: string; conversationId: string; agentId: string };
}

export async function makeScene(store: Store): Promise<Scene> {
  const user = makeUser();
  const agent = makeAgent(user.id);
  const memory = makeMemory(agent.id);
  const conversation = makeConversation(user.id);
  await store.users.insert(user);
  await store.agents.insert(agent);
  await store.memories.insert(memory);
  await store.conversations.insert(conversation);
  await store.conversations.openWindow(makeWindow(agent.id, conversation.id, memory.id));
  const owner = { ownerId: user.id, conversationId: conversation.id, agentId: agent.id };
  return { user, agent, memory, conversation, owner };
}

export const makeTemplate = (ownerId: string, changes: Partial<Template> = {}): Template => ({
  id: newId(),
  ownerId,
  label: 'human',
  name: newId(),
  value: 'Name: Ines',
  charsMax: 2_000,
  description: null,
  offered: true,
  metadata: { team: 'blue' },
  createdAt: 1_000,
  updatedAt: 1_000,
  ...changes,
});

export const makePreset = (ownerId: string, changes: Partial<StoredPreset> = {}): StoredPreset => ({
  id: newId(),
  ownerId,
  name: newId(),
  description: 'a guide',
  system: 'Guide people through the harbour.',
  systemName: null,
  persona: 'I am calm.',
  personaName: 'calm',
  human: 'Name: Ines',
  humanName: null,
  functions: [{ name: 'send_message', description: 'speaks', parameters: { type: 'object' } }],
  createdAt: 1_000,
  ...changes,
});

export const makeTool = (ownerId: string | null, changes: Partial<StoredTool> = {}): StoredTool => ({
  id: newId(),
  ownerId,
  name: newId(),
  description: 'rolls a die',
  sourceCode: 'def roll():\n    return 4\n',
  sourceType: 'python',
  jsonSchema: { name: 'roll', parameters: { type: 'object', properties: {} } },
  tags: ['games'],
  module: null,
  createdAt: 1_000,
  updatedAt: 1_000,
  ...changes,
});

export const makeFile = (ownerId: string, changes: Partial<StoredFile> = {}): StoredFile => ({
  id: newId(),
  ownerId,
  name: 'birds.md',
  mimeType: 'text/markdown',
  purpose: 'assistants',
  bytes: 3,
  sha256: '0'.repeat(64),
  createdAt: 1_000,
  expiresAt: null,
  faceData: {},
  ...changes,
});

export const makeLibrary = (ownerId: string, changes: Partial<Library> = {}): Library => ({
  id: newId(),
  ownerId,
  kind: 'vector_store',
  name: 'birds',
  description: null,
  metadata: {},
  expiresAfterDays: null,
  lastActiveAt: 1_000,
  counts: { inProgress: 0, completed: 0, failed: 0, cancelled: 0 },
  usageBytes: 0,
  passageCount: 0,
  faceData: {},
  createdAt: 1_000,
  updatedAt: 1_000,
  ...changes,
});

export const makeLibraryFile = (library: Library, fileId: string, changes: Partial<LibraryFile> = {}): LibraryFile => ({
  id: newId(),
  libraryId: library.id,
  fileId,
  ownerId: library.ownerId,
  batchId: null,
  status: 'in_progress',
  error: null,
  attributes: {},
  chunking: { kind: 'window', maxTokens: 800, overlapTokens: 400 },
  usageBytes: 0,
  passageCount: 0,
  progress: { unit: 'bytes', done: 0, total: 0 },
  note: null,
  started: false,
  attempt: 0,
  createdAt: 1_000,
  endedAt: null,
  ...changes,
});
