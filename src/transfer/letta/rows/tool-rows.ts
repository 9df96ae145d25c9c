import type { Place, TransferRecord } from '../../record.js';
import { flagIn, idIn, textIn, timeIn } from '../cells.js';
import type { LettaDatabase } from '../database.js';
import { toolRecord } from '../tool-record.js';
import { isOwnTool, toolOf, type LettaTool } from '../tools.js';
import type { Owners } from './owners.js';

/** The tools of a database: what agents are told of them, and the records of those that somebody wrote. */
export interface LettaTools {
  byName: Map<string, LettaTool>;
  byId: Map<string, LettaTool>;
  records: TransferRecord[];
}

const tables: readonly string[] = ['toolmodel', 'tools'];
const columns: readonly string[] = [
  ...['id', 'name', 'description', 'source_type', 'source_code', 'json_schema', 'tags', 'tool_type', 'module'],
  ...['user_id', '_created_by_id', 'created_at', 'updated_at', 'is_deleted'],
];

/** Reads the tools, of which there are few. */
export async function readTools(
  database: LettaDatabase,
  owners: Owners,
  placeOf: (table: string, id: string) => Place,
): Promise<LettaTools> {
  const tools: LettaTools = { byName: new Map(), byId: new Map(), records: [] };
  for (const table of tables.filter((name) => database.has(name, 'name'))) {
    for await (const row of database.rows({ table, columns, order: ['id'] })) {
      const id = idIn(row['id']);
      const tool = toolOf(row['json_schema'], textIn(row['name']));
      if (id === null || tool === null || flagIn(row['is_deleted'])) continue;
      const typed = { ...tool, type: textIn(row['tool_type']) };
      tools.byId.set(id, typed);
      tools.byName.set(tool.name, typed);
      if (!isOwnTool(row)) continue;
      const head = {
        id,
        ownerId: owners.of(row),
        createdAt: timeIn(row['created_at']) ?? 0,
        place: placeOf(table, id),
      };
      tools.records.push(toolRecord(row, tool, head));
    }
  }
  return tools;
}
