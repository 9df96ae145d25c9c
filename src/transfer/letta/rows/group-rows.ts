import type { Place, Problem } from '../../record.js';
import { flagIn, idIn, type Row } from '../cells.js';
import type { LettaDatabase } from '../database.js';
import { sleepTimePair, sleepingWords } from '../sleep-time.js';

const groupColumns: readonly string[] = ['id', 'manager_type', 'sleeptime_agent_frequency', 'is_deleted'];

/** How an agent's memory was tidied, as a pair of metadata, by the group that it manages; null where it was not. */
export async function sleepTimeOfAgent(
  database: LettaDatabase,
  agentId: string,
): Promise<Record<string, string> | null> {
  if (!database.has('groups', 'manager_agent_id')) return null;
  const where = { manager_agent_id: agentId };
  for await (const row of database.rows({ table: 'groups', columns: groupColumns, where, order: ['id'] })) {
    const pair = flagIn(row['is_deleted']) ? null : sleepTimePair(row);
    if (pair !== null) return pair;
  }
  return null;
}

/** Things of later releases of which nothing is kept, table by table, with what they are called. */
const passedOver: Readonly<Record<string, string>> = {
  groups: 'groups',
  identities: 'identities',
  mcp_server: 'MCP servers',
};

/** Tells of groups, and of what is left behind with them, row by row. */
export async function* passedOverRows(
  database: LettaDatabase,
  placeOf: (table: string, id: string) => Place,
): AsyncGenerator<Problem> {
  for (const [table, what] of Object.entries(passedOver)) {
    if (!database.has(table, 'id')) continue;
    for await (const row of database.rows({ table, columns: groupColumns, order: ['id'] })) {
      if (!flagIn(row['is_deleted'])) yield passedOverRow(row, table, what, placeOf);
    }
  }
}

function passedOverRow(row: Row, table: string, what: string, placeOf: (table: string, id: string) => Place): Problem {
  const isSleeping = table === 'groups' && sleepTimePair(row) !== null;
  const place = placeOf(table, idIn(row['id']) ?? '');
  if (isSleeping) return { kind: 'problem', place, severity: 'changed', why: sleepingWords };
  return { kind: 'problem', place, severity: 'left-out', why: `Of ${what} nothing is imported.` };
}
