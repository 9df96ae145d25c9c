import { derivedId } from '../../../domain/derived-id.js';
import { idsOf, type LettaAgent } from '../agent.js';
import type { Place, Problem, TransferRecord } from '../../record.js';
import { flagIn, idIn, objectIn, textIn, textsIn, timeIn, type Row } from '../cells.js';
import { firstRow, tooLarge, type LettaDatabase } from '../database.js';
import { vectorColumns, vectorIn, type VectorsWanted } from '../vectors.js';
import { linked } from './agent-rows.js';

/** A table of what agents put away, and the column by which it names a source where it holds documents too. */
const tables: readonly { table: string; source: string | null }[] = [
  { table: 'memgpt_archival_memory_agent', source: 'data_source' },
  { table: 'passages', source: 'source_id' },
  { table: 'agent_passages', source: null },
];

const columns: readonly string[] = ['id', 'text', 'metadata_', 'tags', 'created_at', 'is_deleted'];

/** Where a row of a table stands. */
export type PlaceOf = (table: string, id: string) => Place;

/** What an agent put into its archive. Copies of documents that were attached to it are not among them. */
export async function* passageRecords(
  database: LettaDatabase,
  agent: LettaAgent,
  placeOf: PlaceOf,
  vectorModel: string | null,
): AsyncGenerator<TransferRecord | Problem> {
  const order = ['created_at', 'id'];
  const read = vectorModel === null ? columns : [...columns, ...vectorColumns];
  const wanted = { model: vectorModel, config: agent.embedding };
  for (const { table, source } of tables.filter(({ table }) => database.has(table, 'agent_id'))) {
    const isMixed = source !== null && database.has(table, source);
    const where = { agent_id: agent.id, ...(isMixed ? { [source]: null } : {}) };
    for await (const row of database.rows({ table, columns: read, where, order })) {
      yield* recordsOf(row, agent, { placeOf: (id) => placeOf(table, id), sharedWith: null, wanted });
    }
  }
  const table = 'archival_passages';
  if (!database.has(table, 'archive_id')) return;
  for (const archiveId of await linked(database, 'archives_agents', 'archive_id', agent.id)) {
    const sharedBy = await agentsOf(database, archiveId);
    const sharedWith = sharedBy[0] === agent.id ? null : agent.id;
    const config = await embeddingOf(database, archiveId, agent);
    const query = { table, columns: read, where: { archive_id: archiveId }, order };
    for await (const row of database.rows(query)) {
      const around = { placeOf: (id: string) => placeOf(table, id), sharedWith, wanted: { ...wanted, config } };
      yield* recordsOf(row, agent, around);
    }
  }
}

/** What is known of a row besides what it holds. */
interface Around {
  placeOf(id: string): Place;
  /** The agent whose archive this is not; null for its owner's. */
  sharedWith: string | null;
  wanted: VectorsWanted;
}

/** A passage lies in one archive here: the others that shared it get one that says the same. */
function* recordsOf(
  row: Row,
  agent: LettaAgent,
  { placeOf, sharedWith, wanted }: Around,
): Generator<TransferRecord | Problem> {
  const id = idIn(row['id']);
  const text = textIn(row['text']);
  if (id === null || flagIn(row['is_deleted'])) return;
  const place = placeOf(id);
  const tell = (severity: Problem['severity'], why: string): Problem => ({ kind: 'problem', place, severity, why });
  if (flagIn(row[tooLarge])) yield tell('left-out', 'A text of the archive is larger than any that is read.');
  if (text === null) return;
  if (Object.keys(objectIn(row['metadata_'])).length > 0) {
    yield tell('changed', 'A text of the archive had data of its own beside it, which were left behind.');
  }
  const value = {
    id: sharedWith === null ? id : derivedId('letta passage', sharedWith, id),
    memoryId: idsOf(agent.id).memory,
    text,
    tags: textsIn(row['tags']),
    createdAt: timeIn(row['created_at']) ?? agent.createdAt,
    ...vectorIn(row, wanted),
  };
  yield { kind: 'passage', place, ownerId: agent.ownerId, value };
}

/** What an archive says of its vectors; the first releases with archives left that to the agents. */
async function embeddingOf(
  database: LettaDatabase,
  archiveId: string,
  agent: LettaAgent,
): Promise<Record<string, unknown>> {
  if (!database.has('archives', 'embedding_config')) return agent.embedding;
  const query = { table: 'archives', columns: ['embedding_config'], where: { id: archiveId } };
  const config = objectIn((await firstRow(database, query))?.['embedding_config']);
  return Object.keys(config).length > 0 ? config : agent.embedding;
}

/** The agents that have an archive, its owner first. */
async function agentsOf(database: LettaDatabase, archiveId: string): Promise<string[]> {
  const query = {
    ...{ table: 'archives_agents', columns: ['agent_id', 'is_owner'], where: { archive_id: archiveId } },
    order: ['agent_id'],
  };
  const agents: { id: string; isOwner: boolean }[] = [];
  for await (const row of database.rows(query)) {
    const id = idIn(row['agent_id']);
    if (id !== null) agents.push({ id, isOwner: flagIn(row['is_owner']) });
  }
  return agents.sort((left, right) => Number(right.isOwner) - Number(left.isOwner)).map(({ id }) => id);
}
