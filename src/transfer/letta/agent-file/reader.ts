import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { derivedId } from '../../../domain/derived-id.js';
import { AppError } from '../../../domain/errors.js';
import { cleanText } from '../../../domain/storable-text.js';
import type { TransferKind } from '../../../domain/transfer.js';
import { valueSchemas } from '../../bundle/schemas.js';
import type { Reader, SourceFile } from '../../reader.js';
import type { Place, Problem, TransferRecord } from '../../record.js';
import { agentRecords, idsOf, speechOf, windowRecord } from '../agent.js';
import { textIn, timeIn } from '../cells.js';
import { fileRecord, libraryFileRecord, libraryRecord } from '../documents.js';
import { historyRecords, type MessageSource } from '../history.js';
import { sleepTimePair, sleepingWords } from '../sleep-time.js';
import { toolRecord } from '../tool-record.js';
import { isOwnTool, toolOf } from '../tools.js';
import { digestOf, readDocument, type AgentFile } from './document.js';
import { agentsIn, objectsIn, type FiledAgent } from './forms.js';

/** Bytes of an agent file that is read: it is one document of JSON, which has to be held whole. */
const bytesMax = 48 * 1024 * 1024;

/** Reads agent files, one or a folder of them, in both forms that Letta knows. */
export const agentFileReader: Reader = {
  recognises: async ({ files }) => {
    const found: string[] = [];
    for (const file of files) if (await isAgentFile(file, files.length === 1)) found.push(file.name);
    return found;
  },
  async *read({ files, workspace }) {
    const wanted = files.filter((file) => files.length === 1 || /\.(?:af|json)$/iu.test(file.name));
    if (wanted.length === 0) throw new AppError('invalid_request', 'No agent file is there.');
    for (const file of wanted) yield* readOne(file, workspace);
  },
};

/** True for a file that says so by its ending, or that holds the members which only agent files have. */
async function isAgentFile({ name, path, bytes }: SourceFile, isAlone: boolean): Promise<boolean> {
  if (/\.af$/iu.test(name)) return true;
  if (bytes > bytesMax || !(isAlone || /\.json$/iu.test(name))) return false;
  const content = readDocument(await readFile(path, 'utf8'))?.content;
  if (content === undefined) return false;
  const agents = objectsIn(content['agents']);
  const isListed = agents.length > 0 && agents.every((agent) => 'system' in agent || 'agent_type' in agent);
  return isListed || 'core_memory' in content || 'in_context_message_indices' in content || 'llm_config' in content;
}

async function* readOne(source: SourceFile, workspace: string): AsyncGenerator<TransferRecord | Problem> {
  const placeOf = (at: string | null): Place => ({ file: source.name, line: null, at });
  const broken = (why: string): Problem => ({ kind: 'problem', place: placeOf(null), severity: 'broken', why });
  if (source.bytes > bytesMax) {
    yield broken('The agent file is larger than any that is read; take a bundle for an agent of this size.');
    return;
  }
  const file = readDocument(await readFile(source.path, 'utf8'));
  if (file === null) {
    yield broken('The file is no agent file, or is cut off.');
    return;
  }
  yield* new Filed(file, workspace, placeOf).records();
}

/** What the old servers write into a file and this one has no place for. */
const passedOver: readonly string[] = ['groups', 'mcp_servers', 'skills'];

class Filed {
  private readonly yieldedBlocks = new Map<string, string | null>();

  constructor(
    private readonly file: AgentFile,
    private readonly workspace: string,
    private readonly placeOf: (at: string | null) => Place,
  ) {}

  async *records(): AsyncGenerator<TransferRecord | Problem> {
    const { content, own } = this.file;
    for (const key of passedOver) {
      for (const [index, members] of objectsIn(content[key]).entries()) {
        const isSleeping = key === 'groups' && sleepTimePair(members) !== null;
        if (isSleeping) yield this.problem('changed', `${key}.${index}`, sleepingWords);
        else yield this.problem('left-out', `${key}.${index}`, `Of ${key} in agent files nothing is imported.`);
      }
    }
    const isOwn = own !== null && own.sha256 === digestOf(content);
    if (own !== null && !isOwn) {
      const why = 'The file was edited since it was exported: what the form has no place for was left behind.';
      yield this.problem('changed', null, why);
    }
    if (isOwn) {
      yield* this.ownRecords(own.records);
      yield* this.files();
      return;
    }
    yield* this.toolRecords();
    for (const [index, source] of objectsIn(content['sources']).entries()) yield this.library(source, index);
    yield* this.files();
    const agents = agentsIn(this.file);
    for (const agent of agents) yield* this.agent(agent);
    const had = new Set(agents.flatMap(({ agent }) => agent.blocks.map((block) => block.id)));
    for (const [index, { id }] of objectsIn(content['blocks']).entries()) {
      const isHad = had.has(this.file.idOf(textIn(id) ?? ''));
      if (!isHad) yield this.problem('left-out', `blocks.${index}`, 'A block that no agent has is not imported.');
    }
  }

  /** What this program wrote itself is there as it was. */
  private *ownRecords(records: readonly { kind: string; value: unknown }[]): Generator<TransferRecord | Problem> {
    for (const [index, { kind, value }] of records.entries()) {
      const at = `threadkeeper.records.${index}`;
      if (!isKind(kind) || !valueSchemas[kind].safeParse(value).success) {
        yield this.problem('broken', at, 'A thing in the part of the file that is ours is not as it should be.');
      } else {
        // The schema of a kind describes the values of that kind.
        yield { kind, place: this.placeOf(at), ownerId: null, value } as TransferRecord;
      }
    }
  }

  private async *agent(filed: FiledAgent): AsyncGenerator<TransferRecord | Problem> {
    const { agent, messages, at } = filed;
    const place = this.placeOf(at);
    for (const name of filed.secretNames) {
      yield this.problem(
        'left-out',
        `${at}, ${name}`,
        'A secret of a tool is not imported; set it anew where it is needed.',
      );
    }
    yield* agentRecords(agent, place, this.yieldedBlocks);
    for (const libraryId of filed.sources) {
      yield {
        kind: 'agent-library',
        place,
        ownerId: null,
        value: { agentId: agent.id, libraryId, createdAt: agent.createdAt },
      };
    }
    const conversationId = idsOf(agent.id).conversation;
    const setting = { ownerId: null, agentId: agent.id, conversationId, ...speechOf(agent) };
    const source = sourceOf(messages);
    const { liveFromSeq, missing } = yield* historyRecords(source, agent.inView, setting, () => place);
    for (const id of missing) {
      yield this.problem('note', `${at}, ${id}`, 'A message that the agent had in view is not among its messages.');
    }
    yield windowRecord(agent, conversationId, liveFromSeq, place);
  }

  private toolRecords(): TransferRecord[] {
    return objectsIn(this.file.content['tools']).flatMap((members, index): TransferRecord[] => {
      const tool = toolOf(members['json_schema'], textIn(members['name']));
      if (tool === null || !isOwnTool(members)) return [];
      const id = this.file.idOf(textIn(members['id']) ?? `tool-${index}`);
      const createdAt = timeIn(members['created_at']) ?? this.createdAt;
      return [toolRecord(members, tool, { id, ownerId: null, createdAt, place: this.placeOf(`tools.${index}`) })];
    });
  }

  private library(members: Readonly<Record<string, unknown>>, index: number): TransferRecord {
    const id = this.file.idOf(textIn(members['id']) ?? `source-${index}`);
    const { createdAt } = this;
    return libraryRecord(members, { id, ownerId: null, createdAt, place: this.placeOf(`sources.${index}`) });
  }

  /** Documents as far as the file has their text. */
  private async *files(): AsyncGenerator<TransferRecord | Problem> {
    for (const [index, members] of objectsIn(this.file.content['files']).entries()) {
      const text = textIn(members['content']);
      const source = textIn(members['source_id']);
      if (text === null || source === null) {
        yield this.problem('left-out', `files.${index}`, 'The text of this document is not in the file.');
        continue;
      }
      const id = this.file.idOf(textIn(members['id']) ?? `file-${index}`);
      const content = join(this.workspace, derivedId('content', id));
      await writeFile(content, cleanText(text));
      const name = textIn(members['original_file_name'] ?? members['file_name']) ?? id;
      const place = this.placeOf(`files.${index}`);
      const libraryId = this.file.idOf(source);
      const document = { id, libraryId, name, content, ownerId: null, createdAt: this.createdAt, place };
      yield fileRecord(document);
      yield libraryFileRecord(document, 'in_progress');
    }
  }

  private get createdAt(): number {
    return timeIn(this.file.content['created_at']) ?? 0;
  }

  private problem(severity: Problem['severity'], at: string | null, why: string): Problem {
    return { kind: 'problem', place: this.placeOf(at), severity, why };
  }
}

function isKind(kind: string): kind is TransferKind {
  return Object.hasOwn(valueSchemas, kind);
}

function sourceOf(messages: FiledAgent['messages']): MessageSource {
  const byId = new Map(messages.map((message) => [message.id, message]));
  return {
    all: async function* () {
      yield* messages;
    },
    find: (id) => Promise.resolve(byId.get(id) ?? null),
  };
}
