import { defaultOrganisationId, defaultUserId } from '../../domain/ids.js';
import type { Message } from '../../domain/message.js';
import { vectorKinds, type TransferKind, type TransferValues } from '../../domain/transfer.js';
import type { TransferPart, TransferRepository } from '../../store/transfer.js';

/** A thing to be taken along, and whose it is; null where that does not matter. */
export type Thing = {
  [K in TransferKind]: { kind: K; ownerId: string | null; value: TransferValues[K] };
}[TransferKind];

type ValueOf<K extends TransferKind> = TransferValues[K];

/** What is taken along. */
export type ExportScope =
  | { what: 'everything' }
  /** An agent or assistant: what it is and knows, its conversations, and what it searches. */
  | { what: 'agent'; id: string }
  /** A conversation with the agents in it; of what these know, only the memories they open there. */
  | { what: 'conversation'; id: string };

const valuesPerRead = 200;

/**
 * Everything in a scope, with the vectors of texts where these are wanted, nothing before what it belongs to, always in the same order, a few things held at a time. What
 * changes meanwhile may be in it as it was before or after.
 */
export async function* thingsIn(
  scope: ExportScope,
  transfers: TransferRepository,
  hasVectors = false,
): AsyncGenerator<Thing> {
  const reading = new Reading(transfers, hasVectors);
  if (scope.what === 'everything') yield* reading.everything();
  else if (scope.what === 'agent') yield* reading.agent(scope.id);
  else yield* reading.conversation(scope.id);
}

class Reading {
  /** What several things have in common is taken along once. */
  private readonly seen = new Set<string>();
  /** Files that messages show, cite or bring along. */
  private readonly mentioned = new Set<string>();

  constructor(
    private readonly transfers: TransferRepository,
    private readonly hasVectors: boolean,
  ) {}

  async *everything(): AsyncGenerator<Thing> {
    yield* this.all('organisation', null, null, defaultOrganisationId);
    yield* this.all('user', null, null, defaultUserId);
    yield* this.all('tool', null, null);
    for await (const { id } of this.list('user', null)) {
      for (const kind of ['template', 'preset', 'tool', 'file'] as const) yield* this.all(kind, id, id);
      for await (const library of this.list('library', id)) yield* this.library(library, id);
      for await (const block of this.list('block', id)) yield* this.block(block, id);
      for await (const agent of this.list('agent', id)) {
        yield { kind: 'agent', ownerId: id, value: agent };
        for await (const memory of this.list('memory', agent.id)) yield* this.memory(memory, id);
        yield* this.all('agent-library', agent.id, id);
      }
      for await (const conversation of this.list('conversation', id)) {
        yield { kind: 'conversation', ownerId: id, value: conversation };
        yield* this.all('window', conversation.id, id);
        yield* this.inside(conversation, id);
      }
    }
  }

  async *agent(id: string): AsyncGenerator<Thing> {
    const agent = await this.one('agent', id);
    if (agent === null) return;
    yield* this.knowing(agent, null);
    const conversations = this.pages((after) => this.transfers.conversationsOf(id, after, valuesPerRead));
    for await (const conversation of conversations) yield* this.spokenIn(conversation, id);
    const main = agent.mainConversationId === null ? null : await this.one('conversation', agent.mainConversationId);
    if (main !== null) yield* this.spokenIn(main, id);
    yield* this.mentionedFiles();
  }

  async *conversation(id: string): AsyncGenerator<Thing> {
    const conversation = await this.one('conversation', id);
    if (conversation === null) return;
    for await (const { agentId, memoryId } of this.list('window', id)) {
      const agent = await this.one('agent', agentId);
      if (agent !== null) yield* this.knowing(agent, memoryId);
    }
    yield* this.librariesOf('conversation-library', id);
    yield { kind: 'conversation', ownerId: null, value: conversation };
    yield* this.all('window', id, null);
    yield* this.inside(conversation, null);
    yield* this.mentionedFiles();
  }

  /** An agent with what it knows: all its memories, or one. */
  private async *knowing(agent: ValueOf<'agent'>, memoryId: string | null): AsyncGenerator<Thing> {
    yield* this.toolsOf(agent);
    yield* this.librariesOf('agent-library', agent.id);
    yield { kind: 'agent', ownerId: null, value: agent };
    yield* this.all('agent-library', agent.id, null);
    for await (const memory of this.list('memory', agent.id)) {
      if (memoryId !== null && memory.id !== memoryId) continue;
      for await (const { blockId } of this.list('memory-block', memory.id)) {
        const block = await this.one('block', blockId);
        if (block !== null) yield* this.once('block', blockId, () => this.block(block, null));
      }
      yield* this.memory(memory, null);
    }
  }

  /** The sources that are kept of an agent's tools. */
  private async *toolsOf(agent: ValueOf<'agent'>): AsyncGenerator<Thing> {
    const owner = (await this.transfers.find('agent', [agent.id])).get(agent.id)?.ownerId ?? null;
    const names = new Set(agent.tools.filter(({ type }) => type === 'function').map(({ name }) => name));
    if (owner === null || names.size === 0) return;
    for await (const tool of this.list('tool', owner)) {
      if (!names.has(tool.name) || this.seen.has(`tool ${tool.id}`)) continue;
      this.seen.add(`tool ${tool.id}`);
      yield { kind: 'tool', ownerId: null, value: tool };
    }
  }

  private spokenIn(conversation: ValueOf<'conversation'>, agentId: string): AsyncGenerator<Thing> {
    return this.once('conversation', conversation.id, () => this.withAgent(conversation, agentId));
  }

  private async *withAgent(conversation: ValueOf<'conversation'>, agentId: string): AsyncGenerator<Thing> {
    yield* this.librariesOf('conversation-library', conversation.id);
    yield { kind: 'conversation', ownerId: null, value: conversation };
    for await (const window of this.list('window', conversation.id)) {
      if (window.agentId === agentId) yield { kind: 'window', ownerId: null, value: window };
    }
    yield* this.inside(conversation, null);
  }

  private async *inside(conversation: ValueOf<'conversation'>, ownerId: string | null): AsyncGenerator<Thing> {
    const { id, lastSeq } = conversation;
    yield* this.all('conversation-library', id, ownerId);
    for await (const value of this.list('message', id)) {
      // What was said since the conversation was read is left for the next time.
      if (value.seq > lastSeq) break;
      for (const fileId of filesIn(value)) this.mentioned.add(fileId);
      yield { kind: 'message', ownerId, value };
    }
    for await (const run of this.list('run', id)) {
      yield { kind: 'run', ownerId, value: run };
      yield* this.all('step', run.id, ownerId);
    }
  }

  private async *memory(memory: ValueOf<'memory'>, ownerId: string | null): AsyncGenerator<Thing> {
    yield { kind: 'memory', ownerId, value: memory };
    yield* this.all('memory-block', memory.id, ownerId);
    yield* this.all('passage', memory.id, ownerId);
  }

  private async *block(block: ValueOf<'block'>, ownerId: string | null): AsyncGenerator<Thing> {
    yield { kind: 'block', ownerId, value: block };
    yield* this.all('block-version', block.id, ownerId);
  }

  private async *librariesOf(kind: 'agent-library' | 'conversation-library', holderId: string): AsyncGenerator<Thing> {
    for await (const { libraryId } of this.list(kind, holderId)) {
      const library = await this.one('library', libraryId);
      if (library !== null) yield* this.once('library', libraryId, () => this.libraryWithFiles(library));
    }
  }

  private async *libraryWithFiles(library: ValueOf<'library'>): AsyncGenerator<Thing> {
    for await (const { fileId } of this.list('library-file', library.id)) yield* this.file(fileId);
    yield* this.library(library, null);
  }

  private async *library(library: ValueOf<'library'>, ownerId: string | null): AsyncGenerator<Thing> {
    yield { kind: 'library', ownerId, value: library };
    for await (const value of this.list('library-file', library.id)) {
      yield { kind: 'library-file', ownerId, value };
      if (value.status === 'completed') yield* this.all('library-passage', value.id, ownerId);
    }
  }

  private async *mentionedFiles(): AsyncGenerator<Thing> {
    for (const fileId of this.mentioned) yield* this.file(fileId);
  }

  private async *file(fileId: string): AsyncGenerator<Thing> {
    const file = await this.one('file', fileId);
    if (file === null || this.seen.has(`file ${fileId}`)) return;
    this.seen.add(`file ${fileId}`);
    yield { kind: 'file', ownerId: null, value: file };
  }

  private async *once(kind: TransferKind, id: string, yielding: () => AsyncGenerator<Thing>): AsyncGenerator<Thing> {
    if (this.seen.has(`${kind} ${id}`)) return;
    this.seen.add(`${kind} ${id}`);
    yield* yielding();
  }

  private async one<K extends 'agent' | 'conversation' | 'block' | 'library' | 'file'>(
    kind: K,
    id: string,
  ): Promise<ValueOf<K> | null> {
    return (await this.transfers.find(kind, [id])).get(id)?.value ?? null;
  }

  /** All of a kind, but for the one that every server has by itself. */
  private async *all(
    kind: TransferKind,
    parentId: string | null,
    ownerId: string | null,
    but: string | null = null,
  ): AsyncGenerator<Thing> {
    for await (const value of this.list(kind, parentId)) {
      // The store lists values of the kind it was asked for.
      if (!('id' in value) || value.id !== but) yield { kind, ownerId, value } as Thing;
    }
  }

  private list<K extends TransferKind>(kind: K, parentId: string | null): AsyncGenerator<ValueOf<K>> {
    return this.pages(async (after) => {
      const part = await this.transfers.list(kind, parentId, after, valuesPerRead);
      return this.hasVectors ? { ...part, values: await this.withVectors(kind, part.values) } : part;
    });
  }

  /** Texts with the vectors that they have. */
  private async withVectors<K extends TransferKind>(kind: K, values: ValueOf<K>[]): Promise<ValueOf<K>[]> {
    const vectorKind = vectorKinds.find((each) => each === kind);
    if (vectorKind === undefined) return values;
    const idOf = (value: ValueOf<K>): string => ('id' in value ? value.id : '');
    const vectors = await this.transfers.vectors(vectorKind, values.map(idOf));
    return values.map((value) => {
      const vector = vectors.get(idOf(value));
      return vector === undefined ? value : { ...value, vector };
    });
  }

  private async *pages<K extends TransferKind>(
    read: (after: string | null) => Promise<TransferPart<K>>,
  ): AsyncGenerator<ValueOf<K>> {
    let after: string | null = null;
    do {
      const part: TransferPart<K> = await read(after);
      yield* part.values;
      after = part.next;
    } while (after !== null);
  }
}

function filesIn({ parts, faceData }: Message): string[] {
  const shown = parts.flatMap((part) => (part.type === 'image' && part.fileId !== null ? [part.fileId] : []));
  const beside = (faceData['attachments'] as { fileId: string }[] | undefined) ?? [];
  return [...shown, ...beside.map(({ fileId }) => fileId)];
}
