import type { Place, RecordOf } from '../record.js';
import { objectIn, textIn, textsIn, timeIn } from './cells.js';
import type { LettaTool } from './tools.js';

/** The record of a tool that somebody wrote. Its source is kept and shown, and never run. */
export function toolRecord(
  members: Readonly<Record<string, unknown>>,
  tool: LettaTool,
  { id, ownerId, createdAt, place }: { id: string; ownerId: string | null; createdAt: number; place: Place },
): RecordOf<'tool'> {
  const value = {
    id,
    name: tool.name,
    description: textIn(members['description']) ?? tool.description,
    sourceCode: textIn(members['source_code']) ?? '',
    sourceType: textIn(members['source_type']),
    jsonSchema: objectIn(members['json_schema']),
    tags: textsIn(members['tags']),
    module: textIn(members['module']),
    ofHouse: false,
    createdAt,
    updatedAt: timeIn(members['updated_at']) ?? createdAt,
  };
  return { kind: 'tool', place, ownerId, value };
}
