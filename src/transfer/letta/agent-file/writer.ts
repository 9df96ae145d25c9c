import type { Agent, AgentTool } from '../../../domain/agent.js';
import { AppError } from '../../../domain/errors.js';
import type { Block } from '../../../domain/memory.js';
import type { TransferKind, TransferValues } from '../../../domain/transfer.js';
import { endingOf, noContent } from '../../../domain/file.js';
import { objectIn, textIn } from '../cells.js';
import { fromRule } from '../tool-rules.js';
import { digestOf, ownKey, ownVersion, type OwnPart } from './document.js';
import { messageMembers } from './message-members.js';

/** A thing that is to be in an agent file. */
export type FiledThing = { [K in TransferKind]: { kind: K; value: TransferValues[K] } }[TransferKind];

/** Kinds that an agent file takes as they are. Documents go by their texts, and what runs left behind stays here. */
const kept: ReadonlySet<TransferKind> = new Set<TransferKind>([
  ...(['tool', 'block', 'block-version', 'agent', 'memory', 'memory-block', 'passage', 'library'] as const),
  ...(['agent-library', 'conversation', 'window', 'message'] as const),
]);

/** Kinds that the form has a place for, and is enough. */
const taken: ReadonlySet<TransferKind> = new Set<TransferKind>(['file', 'library-file', 'library-passage']);

/** Things that an agent file holds: it is one document, which has to be held whole. */
const thingsMax = 100_000;

/**
 * An agent as an agent file: in the form of the later servers, with what that has no place for beside it, the archive
 * and everything that was said. The same things always make the same file. Throws `not_found` where there is no agent
 * among them, `too_large` where there are more of them than one document should hold.
 */
export async function agentFileOf(things: AsyncIterable<FiledThing>, readBytes: ReadBytes): Promise<string> {
  const all: FiledThing[] = [];
  const texts = new Map<string, string>();
  for await (const { kind, value } of things) {
    // Whose it is does not leave the server.
    const thing = { kind, value } as FiledThing;
    if (taken.has(kind) || kept.has(kind)) all.push(thing);
    if (thing.kind === 'file' && isText(thing.value)) {
      texts.set(thing.value.id, await textFrom(readBytes(thing.value.sha256)));
    }
    if (all.length <= thingsMax) continue;
    throw new AppError('too_large', 'The agent is too large for an agent file; export it as a bundle.');
  }
  return new AgentFileWriting(all, texts).write();
}

/** Reads the bytes of a file by their hash. */
export type ReadBytes = (sha256: string) => AsyncIterable<Uint8Array>;

/** Bytes of a document that go into an agent file word for word. */
const textBytesMax = 4 * 1024 * 1024;

function isText({ mimeType, name, bytes, sha256 }: TransferValues['file']): boolean {
  const isPlain = mimeType?.startsWith('text/plain') === true || ['txt', 'md'].includes(endingOf(name));
  return isPlain && bytes <= textBytesMax && sha256 !== noContent;
}

async function textFrom(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

class AgentFileWriting {
  /** From the id of a thing to the one that it has in the file. */
  private readonly locals = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly things: readonly FiledThing[],
    /** The texts of documents, by the ids of their files. */
    private readonly texts: ReadonlyMap<string, string>,
  ) {}

  write(): string {
    const [agent, others] = [this.all('agent')[0], this.all('agent').slice(1)];
    if (agent === undefined || others.length > 0) throw new AppError('not_found', 'One agent makes an agent file.');
    const types = objectIn(objectIn(agent.faceData['letta'])['toolTypes']);
    const tools = agent.tools.map((tool, index) => this.tool(tool, index, textIn(types[tool.name])));
    const content: Record<string, unknown> = {
      agents: [this.agent(agent, tools)],
      groups: [],
      blocks: this.all('block').map((block) => this.block(block)),
      files: this.documents(),
      sources: this.all('library').map(({ id, name, description, faceData }) => {
        const { instructions = null, ...metadata } = objectIn(faceData['metadata']);
        return { id: this.local('source', id), name, description, instructions, metadata };
      }),
      tools,
      mcp_servers: [],
      metadata: {},
      created_at: new Date(agent.createdAt).toISOString(),
    };
    const own: OwnPart = {
      version: ownVersion,
      sha256: digestOf(content),
      ids: Object.fromEntries([...this.locals].map(([key, local]) => [local, key.slice(key.indexOf(' ') + 1)])),
      // A thing of the house is any JSON as far as an agent file is concerned.
      records: this.things.filter(({ kind }) => kept.has(kind)) as unknown as OwnPart['records'],
    };
    return `${JSON.stringify({ ...content, [ownKey]: own }, null, 1)}\n`;
  }

  private agent(agent: TransferValues['agent'], tools: readonly { id: string }[]): Record<string, unknown> {
    const id = this.local('agent', agent.id);
    const window = this.all('window').find((each) => each.conversationId === agent.mainConversationId);
    const said = this.all('message').filter((each) => each.conversationId === agent.mainConversationId);
    const messages = said.flatMap((message) => {
      const local = this.local('message', message.id);
      const members = messageMembers(message, { message: local, agent: id });
      const isLive = window !== undefined && message.seq >= window.liveFromSeq;
      return members === null ? [] : [{ members, local, isLive, isPrompt: message.role === 'system' }];
    });
    const prompt = messages.findLast(({ isPrompt }) => isPrompt)?.local;
    const live = messages.filter(({ isLive, isPrompt }) => isLive && !isPrompt).map(({ local }) => local);
    const letta = objectIn(agent.faceData['letta']);
    return {
      id,
      name: agent.name ?? agent.id,
      agent_type: letta['agent_type'] ?? (agent.protocol === 'native' ? 'letta_v1_agent' : 'memgpt_agent'),
      system: agent.instructions ?? '',
      description: agent.description,
      metadata: { ...objectIn(agent.faceData['metadata']), ...agent.metadata },
      llm_config: modelOf(agent, letta),
      embedding_config: letta['embedding_config'] ?? null,
      tags: letta['tags'] ?? [],
      tool_rules: (agent.settings.toolRules ?? []).map(fromRule),
      block_ids: this.all('memory-block')
        .toSorted((left, right) => left.createdAt - right.createdAt)
        .map(({ blockId }) => this.local('block', blockId)),
      tool_ids: tools.map((tool) => tool.id),
      source_ids: this.all('agent-library').map(({ libraryId }) => this.local('source', libraryId)),
      group_ids: [],
      identity_ids: [],
      files_agents: [],
      ...objectIn(letta['settings']),
      timezone: agent.metadata['timezone'] ?? 'UTC',
      tool_exec_environment_variables: {},
      secrets: {},
      in_context_message_ids: [...(prompt === undefined ? [] : [prompt]), ...live],
      messages: messages.map(({ members }) => members),
    };
  }

  /** A tool, of the type that its own server gave it where it came from one. */
  private tool(tool: AgentTool, index: number, type: string | null): { id: string } & Record<string, unknown> {
    const stored = this.all('tool').find(({ name }) => name === tool.name);
    const told =
      tool.type === 'builtin' ? {} : { description: tool.description ?? '', parameters: tool.parameters ?? {} };
    return {
      id: stored === undefined ? `tool-${toolsOfHouse + index}` : this.local('tool', stored.id),
      name: tool.name,
      tool_type: type ?? (tool.type === 'builtin' ? 'letta_core' : 'custom'),
      description: stored?.description ?? null,
      source_type: stored?.sourceType ?? 'python',
      source_code: stored?.sourceCode ?? null,
      json_schema: stored?.jsonSchema ?? { name: tool.name, ...told },
      tags: stored?.tags ?? [],
    };
  }

  private block(block: Omit<Block, 'memoryId'>): Record<string, unknown> {
    const { label, value, charsMax: limit, description, readOnly: read_only } = block;
    return { id: this.local('block', block.id), label, value, limit, description, read_only, is_template: false };
  }

  /** Documents by their texts; of those that are no plain text, by those of their pieces. */
  private documents(): Record<string, unknown>[] {
    const files = new Map(this.all('file').map((file) => [file.id, file]));
    const pieces = new Map<string, string[]>();
    for (const { libraryFileId, text } of this.all('library-passage')) {
      pieces.set(libraryFileId, [...(pieces.get(libraryFileId) ?? []), text]);
    }
    return this.all('library-file').map((document) => ({
      id: this.local('file', document.fileId),
      source_id: this.local('source', document.libraryId),
      file_name: files.get(document.fileId)?.name ?? document.fileId,
      processing_status: 'completed',
      content: this.texts.get(document.fileId) ?? pieces.get(document.id)?.join('\n\n') ?? null,
    }));
  }

  private all<K extends TransferKind>(kind: K): TransferValues[K][] {
    const found = this.things.filter((thing) => thing.kind === kind);
    // The kind of a thing tells the form of its value.
    return found.map(({ value }) => value as TransferValues[K]);
  }

  private local(prefix: string, id: string): string {
    const key = `${prefix} ${id}`;
    const known = this.locals.get(key);
    if (known !== undefined) return known;
    const count = this.counts.get(prefix) ?? 0;
    this.counts.set(prefix, count + 1);
    this.locals.set(key, `${prefix}-${count}`);
    return `${prefix}-${count}`;
  }
}

/** Where the numbers of tools begin that have no id of their own: past all that have. */
const toolsOfHouse = 1_000;

function modelOf(agent: Pick<Agent, 'model' | 'settings'>, letta: Record<string, unknown>): Record<string, unknown> {
  const { contextWindow, temperature, maxOutputTokens } = agent.settings;
  return {
    model_endpoint_type: 'openai',
    ...objectIn(letta['llm_config']),
    model: agent.model,
    context_window: contextWindow ?? 32_000,
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof maxOutputTokens === 'number' ? { max_tokens: maxOutputTokens } : {}),
  };
}
