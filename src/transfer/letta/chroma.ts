import type { Place, TransferRecord } from '../record.js';
import { idsOf, type LettaAgent } from './agent.js';
import { idIn, numberIn, objectIn, textIn, timeIn } from './cells.js';
import { firstRow, type LettaDatabase } from './database.js';
import type { Lookups } from './sqlite-database.js';

/*
 * The archive of default installs up to Letta 0.6.2: a directory of Chroma's. Its database holds the texts; its vectors
 * lie elsewhere, behind a pickle, and are left there.
 */

/** The database in that directory. */
export const chromaFile = 'chroma.sqlite3';

/** By what its rows are looked up. */
export const chromaLookups: Lookups = { embedding_metadata: ['key', 'string_value', 'id'] };

/** Tables of archives; those that have only the earlier ones may have left them empty for Chroma's sake. */
const earlyTables: readonly string[] = ['memgpt_archival_memory_agent', 'passages'];
const lateTables: readonly string[] = ['agent_passages', 'archival_passages'];

/** True for a database whose server kept archives in Chroma, as far as it can be told: it holds none at all itself. */
export async function keepsArchiveInChroma(database: LettaDatabase): Promise<boolean> {
  if (lateTables.some((table) => database.has(table))) return false;
  for (const table of earlyTables.filter((name) => database.has(name))) {
    if ((await firstRow(database, { table, columns: ['id'] })) !== null) return false;
  }
  return true;
}

/** The key under which Chroma keeps a record's text. */
export const documentKey = 'chroma:document';

/** A text, as Chroma has it, with what stands beside it. */
export interface ChromaEntry {
  id: string;
  members: Record<string, unknown>;
}

/** What an agent put into its archive. Copies of documents that were attached to it are not among them. */
export async function* chromaRecords(chroma: LettaDatabase, agent: LettaAgent): AsyncGenerator<TransferRecord> {
  const told = new Set<string>();
  for await (const { id, members } of entriesWith(chroma, 'agent_id', agent.id)) {
    const text = textIn(members[documentKey]);
    const isCopy = 'data_source' in members || 'source_id' in members;
    if (text === null || isCopy || told.has(id)) continue;
    told.add(id);
    const place: Place = { file: chroma.name, line: null, at: `embeddings ${id}` };
    const createdAt = timeIn(members['created_at']) ?? agent.createdAt;
    const value = { id, memoryId: idsOf(agent.id).memory, text, tags: [], createdAt };
    yield { kind: 'passage', place, ownerId: agent.ownerId, value };
  }
}

/** The texts beside which a key has a value: those that are sorted in, and those that wait for it. */
export async function* entriesWith(chroma: LettaDatabase, key: string, value: string): AsyncGenerator<ChromaEntry> {
  const table = 'embedding_metadata';
  const where = { key, string_value: value };
  for await (const { id: number } of chroma.rows({ table, columns: ['id'], where, order: ['id'] })) {
    const row = textIn(number) ?? '';
    const known = await firstRow(chroma, { table: 'embeddings', columns: ['embedding_id'], where: { id: row } });
    const id = idIn(known?.['embedding_id']);
    if (id !== null) yield { id, members: await membersOf(chroma, row) };
  }
  for (const [id, number] of await queuedWith(chroma, key, value)) {
    const query = { table: 'embeddings_queue', columns: ['metadata'], where: { seq_id: number } };
    yield { id, members: objectIn((await firstRow(chroma, query))?.['metadata']) };
  }
}

/**
 * The ids that have the value in Chroma's queue, each with the number of its newest row there. What was written last may
 * be nowhere else yet; but the queue of most releases keeps all that was ever written, and what was deleted since too.
 */
async function queuedWith(chroma: LettaDatabase, key: string, value: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (!chroma.has('embeddings_queue', 'metadata')) return found;
  const columns = ['seq_id', 'id', 'operation', 'metadata'];
  for await (const row of chroma.rows({ table: 'embeddings_queue', columns, order: ['seq_id'] })) {
    const id = idIn(row['id']);
    if (id === null) continue;
    if (numberIn(row['operation']) === deleting) found.delete(id);
    else if (objectIn(row['metadata'])[key] === value) found.set(id, textIn(row['seq_id']) ?? '');
  }
  return found;
}

/** How Chroma's queue marks a record that is to be deleted. */
const deleting = 3;

async function membersOf(chroma: LettaDatabase, row: string): Promise<Record<string, unknown>> {
  const members: Record<string, unknown> = {};
  const columns = ['key', 'string_value', 'int_value', 'float_value'];
  for await (const cells of chroma.rows({ table: 'embedding_metadata', columns, where: { id: row } })) {
    members[textIn(cells['key']) ?? ''] = cells['string_value'] ?? cells['int_value'] ?? cells['float_value'];
  }
  return members;
}
