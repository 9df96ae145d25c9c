import { windowChunking } from '../../src/domain/chunk.js';
import { newId } from '../../src/domain/ids.js';
import type { TransferKind, TransferValues } from '../../src/domain/transfer.js';
import type { User } from '../../src/domain/user.js';

/** One thing of every kind, all of them belonging together, with what each belongs to. */
export type OneOfEach = TransferValues & { parents: Record<TransferKind, string | null> };

const times = { createdAt: 1_000, updatedAt: 2_000 };

/** Makes one thing of every kind, each with something in every field. */
export function oneOfEach(user: User): OneOfEach {
  const files = filesOf();
  const memories = memoriesOf();
  const conversations = conversationsOf(memories.agent.id, memories.memory.id);
  const organisation = { id: newId(), name: 'Owls', createdAt: 1_000 };
  const values: TransferValues = {
    organisation,
    user,
    ...catalogue(),
    ...files,
    ...memories,
    ...conversations,
    ...attachments(),
  };
  function attachments(): Pick<TransferValues, 'agent-library' | 'conversation-library'> {
    const libraryId = files.library.id;
    return {
      'agent-library': { agentId: memories.agent.id, libraryId, createdAt: 5_000 },
      'conversation-library': { conversationId: conversations.conversation.id, libraryId, createdAt: 5_000 },
    };
  }
  return { ...values, parents: parentsOf(values, user.id) };
}

function catalogue(): Pick<TransferValues, 'template' | 'preset' | 'tool'> {
  return {
    template: {
      ...{ id: newId(), label: 'persona', name: 'pirate', value: 'Arr.', charsMax: 99, description: 'rough' },
      ...{ offered: false, metadata: { a: [1] }, ...times },
    },
    preset: {
      ...{ id: newId(), name: 'mine', description: null, system: 'Be.', systemName: 's', persona: 'p' },
      ...{ personaName: null, human: 'h', humanName: 'x', createdAt: 1_000 },
      functions: [{ name: 'f', description: 'd', parameters: {} }],
    },
    tool: {
      ...{ id: newId(), name: 'roll', description: 'rolls', sourceCode: 'def roll(): pass', sourceType: 'python' },
      ...{ jsonSchema: { name: 'roll' }, tags: ['dice'], module: null, ofHouse: false, ...times },
    },
  };
}

function filesOf(): Pick<TransferValues, 'file' | 'library' | 'library-file' | 'library-passage'> {
  const file = {
    ...{ id: newId(), name: 'a.txt', mimeType: 'text/plain', purpose: 'assistants', bytes: 5, sha256: 'ab'.repeat(32) },
    ...{ createdAt: 1_000, expiresAt: null, faceData: { x: 1 } },
  };
  const library = {
    ...{ id: newId(), kind: 'vector_store' as const, name: 'shelf', description: 'd', metadata: { k: 'v' } },
    ...{ expiresAfterDays: 7, lastActiveAt: 3_000, faceData: {}, ...times },
  };
  const libraryFile = {
    ...{ id: newId(), libraryId: library.id, fileId: file.id, status: 'completed' as const, error: null },
    ...{ attributes: { year: 1999, isOld: true, by: 'me' }, chunking: windowChunking, note: 'guessed' },
    ...{ progress: { unit: 'bytes' as const, done: 5, total: 5 }, createdAt: 1_000, endedAt: 2_000 },
  };
  return {
    file,
    library,
    'library-file': libraryFile,
    'library-passage': {
      ...{
        id: newId(),
        libraryId: library.id,
        libraryFileId: libraryFile.id,
        position: 0,
        text: 'Héllo',
        createdAt: 9,
      },
    },
  };
}

type Memories = Pick<TransferValues, 'agent' | 'memory' | 'block' | 'block-version' | 'memory-block' | 'passage'>;

function memoriesOf(): Memories {
  const agent = {
    ...{ id: `asst_${newId()}`, name: 'Ann', description: 'd', instructions: 'i', model: 'm' },
    ...{ protocol: 'heartbeat' as const, origin: 'openai' as const, envelope: 'json' as const },
    ...{ settings: { temperature: 0.5 }, tools: [{ type: 'builtin' as const, name: 'file_search' }] },
    ...{ metadata: { team: 'blue' }, faceData: { preset: 'p' }, mainConversationId: null, ...times },
  };
  const memory = { id: newId(), agentId: agent.id, key: 'default', createdAt: 1_000 };
  const block = {
    ...{ id: newId(), label: 'human', description: 'who', value: 'Likes tea.', charsMax: 50, readOnly: false },
    ...{ version: 3, ...times },
  };
  return {
    agent,
    memory,
    block,
    'block-version': {
      ...{ blockId: block.id, version: 3, value: block.value, actor: 'agent', runId: newId(), stepId: null },
      ...{ parent: 1, restores: 2, createdAt: 2_000 },
    },
    'memory-block': { memoryId: memory.id, blockId: block.id, readOnly: true, createdAt: 1_500 },
    passage: { id: newId(), memoryId: memory.id, text: 'Plays the piano.', tags: ['music'], createdAt: 1_000 },
  };
}

type Conversations = Pick<TransferValues, 'conversation' | 'window' | 'message' | 'run' | 'step'>;

function conversationsOf(agentId: string, memoryId: string): Conversations {
  const conversation = {
    ...{ id: `thread_${newId()}`, memoryKey: 'ann', metadata: { a: 'b' }, lastSeq: 4, createdAt: 1_000 },
    faceData: { c: null },
  };
  const usage = { promptTokens: 1, completionTokens: 2, cachedTokens: null, reasoningTokens: 0, estimated: true };
  const summary = {
    ...{ text: 's', covers: [1, 2] as [number, number], tokensBefore: 9, tokensAfter: 3, model: 'm' },
    ...{ compactions: 1, createdAt: 1_000 },
  };
  const run = {
    ...{ id: newId(), conversationId: conversation.id, agentId, status: 'failed' as const, overrides: { maxTurns: 2 } },
    ...{ error: { code: 'internal' as const, message: 'x' }, incompleteReason: null, usage, turn: 1, lastSeq: 9 },
    ...{ metadata: {}, faceData: {}, createdAt: 1_000, startedAt: 1_001, expiresAt: null, endedAt: 1_002 },
  };
  const message = {
    ...{ id: newId(), conversationId: conversation.id, seq: 7, role: 'user' as const, kind: 'said' as const },
    ...{ parts: [{ type: 'text' as const, text: 'More marmalade, please.' }], visible: true, agentId: null },
    ...{ status: 'completed' as const, runId: run.id, stepId: null, callId: null, name: 'Ann' },
    ...{ metadata: { k: 'v' }, faceData: { f: 1 }, createdAt: 1_000 },
  };
  return {
    conversation,
    window: {
      ...{ agentId, conversationId: conversation.id, memoryId, summary, liveFromSeq: 3, revision: 2 },
      ...{ pressureNoticed: true, updatedAt: 1_000 },
    },
    message,
    run,
    step: {
      ...{ id: newId(), runId: run.id, conversationId: conversation.id, turn: 0, kind: 'message' },
      ...{ status: 'completed', messageId: message.id, calls: [], usage, error: null, startedAt: 1, endedAt: 2 },
    },
  };
}

function parentsOf(values: TransferValues, userId: string): Record<TransferKind, string | null> {
  const { agent, memory, block, conversation, run, library } = values;
  return {
    ...{ organisation: null, user: null, template: userId, preset: userId, tool: userId, file: userId },
    ...{ library: userId, 'library-file': library.id, 'library-passage': values['library-file'].id },
    ...{ agent: userId, memory: agent.id, block: userId, 'block-version': block.id, 'memory-block': memory.id },
    ...{ passage: memory.id, 'agent-library': agent.id, conversation: userId, window: conversation.id },
    ...{ 'conversation-library': conversation.id, message: conversation.id, run: conversation.id, step: run.id },
  };
}
