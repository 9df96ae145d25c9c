import type { Problem } from '../../record.js';
import { idIn } from '../cells.js';
import type { LettaDatabase } from '../database.js';

/** Tables whose rows belong to an agent, with what those rows are. Early databases did not keep them together. */
const tables: Readonly<Record<string, string>> = {
  memgpt_recall_memory_agent: 'messages',
  messages: 'messages',
  memgpt_archival_memory_agent: 'texts of the archive',
  passages: 'texts of the archive',
  agent_passages: 'texts of the archive',
};

/** Tells of what is left behind since its agent is not there, agent by agent. */
export async function* orphans(database: LettaDatabase, agents: ReadonlySet<string>): AsyncGenerator<Problem> {
  for (const [table, what] of Object.entries(tables)) {
    if (!database.has(table, 'agent_id')) continue;
    let lost = { agentId: '', count: 0 };
    for await (const row of database.rows({ table, columns: ['agent_id'], order: ['agent_id'] })) {
      const agentId = idIn(row['agent_id']);
      if (agentId === null || agents.has(agentId)) continue;
      if (lost.count > 0 && lost.agentId !== agentId) yield problem(database.name, table, what, lost);
      lost = { agentId, count: lost.agentId === agentId ? lost.count + 1 : 1 };
    }
    if (lost.count > 0) yield problem(database.name, table, what, lost);
  }
}

function problem(file: string, table: string, what: string, { agentId, count }: { agentId: string; count: number }) {
  const place = { file, line: null, at: `${table}, ${count} of ${agentId}` };
  const why = `An agent that is not there has ${what}, which were left behind.`;
  return { kind: 'problem' as const, place, severity: 'left-out' as const, why };
}
