import type { Reader, ReaderSource } from '../reader.js';
import type { Place, Problem, TransferRecord } from '../record.js';
import { agentRecords, idsOf, speechOf, windowRecord, type LettaAgent } from './agent.js';
import { chromaRecords, keepsArchiveInChroma } from './chroma.js';
import type { LettaDatabase } from './database.js';
import { agentFoldersIn, folderRecords } from './folders.js';
import { historyRecords } from './history.js';
import { databasesIn, openChroma, openDatabase } from './open-database.js';
import { linked, readAgents } from './rows/agent-rows.js';
import { conversationsOf } from './rows/conversation-rows.js';
import { passedOverRows } from './rows/group-rows.js';
import { messageSource } from './rows/message-source.js';
import { orphans } from './rows/orphans.js';
import { readOwners } from './rows/owners.js';
import { passageRecords } from './rows/passage-rows.js';
import { sourceRecords } from './rows/source-rows.js';
import { templateRecords } from './rows/template-rows.js';
import { readTools } from './rows/tool-rows.js';

/**
 * Reads a database of MemGPT or Letta: the file `sqlite.db`, the folder it lies in, with the archive of Chroma that the
 * earlier releases have there, the address of a database, or folders of agents from before 0.3.
 */
export const lettaReader: Reader = {
  recognises: async (source) => {
    const databases = await databasesIn(source);
    const states = agentFoldersIn(source.files);
    // Whatever else lies in the folder of a server is its own.
    return databases.length + states.length === 0 ? [] : [...databases, ...states, ...oldStates(source)];
  },
  async *read(source, signal) {
    const folders = agentFoldersIn(source.files);
    if (folders.length > 0 && (await databasesIn(source)).length === 0) {
      yield* folderRecords(source.files);
      return;
    }
    const database = await openDatabase(source);
    let chroma: LettaDatabase | null = null;
    try {
      for (const file of folders) yield oldAgentBeside(file);
      chroma = await openChroma(source);
      yield* new Reading(database, chroma, source, signal).records();
    } finally {
      await chroma?.close();
      await database.close();
    }
  },
};

/** All states of agents from before 0.3, which hold messages that another format might take for its own. */
function oldStates({ files }: ReaderSource): string[] {
  return files.flatMap(({ name }) => (/(?:^|\/)(?:agent_state|agents)\//u.test(name) ? [name] : []));
}

/** A server that was lifted to 0.3 had taken these agents into its database, where anybody wished it. */
function oldAgentBeside(file: string): Problem {
  const why =
    'A folder of an agent from before 0.3 lies beside the database: to have that state of it, import the folder.';
  return { kind: 'problem', place: { file, line: null, at: null }, severity: 'note', why };
}

class Reading {
  /** Blocks that were yielded, each with its owner. */
  private readonly yieldedBlocks = new Map<string, string | null>();

  constructor(
    private readonly database: LettaDatabase,
    private readonly chroma: LettaDatabase | null,
    private readonly source: ReaderSource,
    private readonly signal: AbortSignal,
  ) {}

  async *records(): AsyncGenerator<TransferRecord | Problem> {
    const { database, chroma, placeOf } = this;
    const { workspace, vectorModel = null } = this.source;
    if (this.chroma === null && (await keepsArchiveInChroma(database))) {
      const why =
        'No archive is in this database: if one lies in the folder chroma beside it, import the folder of both.';
      yield { kind: 'problem', place: placeOf('agents', ''), severity: 'note', why };
    }
    const owners = await readOwners(database, placeOf);
    yield* owners.records;
    const tools = await readTools(database, owners, placeOf);
    yield* tools.records;
    yield* templateRecords(database, owners, placeOf);
    yield* sourceRecords({ database, chroma, owners, placeOf, workspace, vectorModel });
    const agents = new Set<string>();
    for await (const agent of readAgents(database, owners, tools)) {
      this.signal.throwIfAborted();
      agents.add(agent.id);
      yield* this.agent(agent);
    }
    yield* orphans(database, agents);
    yield* passedOverRows(database, placeOf);
  }

  private readonly placeOf = (table: string, id: string): Place => {
    return { file: this.database.name, line: null, at: `${table} ${id}`.trim() };
  };

  private async *agent(agent: LettaAgent): AsyncGenerator<TransferRecord | Problem> {
    const { database, placeOf } = this;
    const place = placeOf('agents', agent.id);
    yield* agentRecords(agent, place, this.yieldedBlocks);
    yield* passageRecords(database, agent, placeOf, this.source.vectorModel ?? null);
    if (this.chroma !== null) yield* chromaRecords(this.chroma, agent);
    for (const table of ['agent_source_mapping', 'sources_agents']) {
      for (const libraryId of await linked(database, table, 'source_id', agent.id)) {
        const value = { agentId: agent.id, libraryId, createdAt: agent.createdAt };
        yield { kind: 'agent-library', place: placeOf(table, libraryId), ownerId: agent.ownerId, value };
      }
    }
    yield* this.history(agent, idsOf(agent.id).conversation, null, agent.inView);
    for await (const conversation of conversationsOf(database, agent, placeOf)) {
      yield conversation.record;
      yield* this.history(agent, conversation.record.value.id, conversation.record.value.id, conversation.inView);
    }
  }

  /** What was said in a conversation, and what of it the agent has in view. */
  private async *history(
    agent: LettaAgent,
    conversationId: string,
    lettaId: string | null,
    inView: readonly string[],
  ): AsyncGenerator<TransferRecord | Problem> {
    const { database, placeOf } = this;
    const setting = { ownerId: agent.ownerId, agentId: agent.id, conversationId, ...speechOf(agent) };
    const source = messageSource(database, agent.id, lettaId);
    const { liveFromSeq, missing } = yield* historyRecords(source, inView, setting, ({ id }) =>
      placeOf('messages', id),
    );
    for (const id of missing) {
      const why = 'A message that the agent had in view is not among its messages.';
      yield { kind: 'problem', place: placeOf('agents', `${agent.id}, message ${id}`), severity: 'note', why };
    }
    yield windowRecord(agent, conversationId, liveFromSeq, placeOf('agents', agent.id));
  }
}
