import type { Problem } from '../../record.js';
import { flagIn, idIn } from '../cells.js';
import type { LettaDatabase } from '../database.js';

/** Tables whose rows belong to an agent, with what those rows are. Early databases did not keep them together. */
const tables: Readonly<Record<string, string>> = {
  memgpt_recall_memory_agent: 'messages',
  messages: 'messages',
  memgpt_archival_memory_agent: 'texts of the archive',
  passages: 'texts of the archive',
  agent_passages: 'texts of the archive',
};

/** Tells of what is left behind since its agent is not there, or since no agent has its archive, one by one. */
export async function* orphans(database: LettaDatabase, agents: ReadonlySet<string>): AsyncGenerator<Problem> {
  for (const [table, what] of Object.entries(tables)) {
    if (!database.has(table, 'agent_id')) continue;
    const why = `An agent that is not there has ${what}, which were left behind.`;
    for await (const at of lostRows(database, { table, column: 'agent_id' }, agents)) {
      yield problem(database.name, at, why);
    }
  }
  if (!database.has('archival_passages', 'archive_id')) return;
  const archives = await archivesOf(database, agents);
  const why = 'An archive that no agent has holds texts, which were left behind.';
  for await (const at of lostRows(database, { table: 'archival_passages', column: 'archive_id' }, archives)) {
    yield problem(database.name, at, why);
  }
}

/** Where rows lie that belong to none of these, and how many of each owner. */
async function* lostRows(
  database: LettaDatabase,
  { table, column }: { table: string; column: string },
  known: ReadonlySet<string>,
): AsyncGenerator<string> {
  let lost = { owner: '', count: 0 };
  for await (const row of database.rows({ table, columns: [column, 'is_deleted'], order: [column] })) {
    const owner = idIn(row[column]);
    if (owner === null || known.has(owner) || flagIn(row['is_deleted'])) continue;
    if (lost.count > 0 && lost.owner !== owner) yield `${table}, ${lost.count} of ${lost.owner}`;
    lost = { owner, count: lost.owner === owner ? lost.count + 1 : 1 };
  }
  if (lost.count > 0) yield `${table}, ${lost.count} of ${lost.owner}`;
}

/** The archives of these agents. */
async function archivesOf(database: LettaDatabase, agents: ReadonlySet<string>): Promise<Set<string>> {
  const archives = new Set<string>();
  if (!database.has('archives_agents', 'archive_id')) return archives;
  const query = { table: 'archives_agents', columns: ['archive_id', 'agent_id'] };
  for await (const row of database.rows(query)) {
    const [archive, agent] = [idIn(row['archive_id']), idIn(row['agent_id'])];
    if (archive !== null && agent !== null && agents.has(agent)) archives.add(archive);
  }
  return archives;
}

function problem(file: string, at: string, why: string): Problem {
  return { kind: 'problem', place: { file, line: null, at }, severity: 'left-out', why };
}
