import { blockFrom, toolsNamed, type LettaAgent, type LettaBlock } from '../agent.js';
import { settingMembers, settingsIn } from '../agent-settings.js';
import { flagIn, idIn, isObject, jsonIn, listIn, objectIn, textIn, textsIn, timeIn, type Row } from '../cells.js';
import { firstRow, type LettaDatabase } from '../database.js';
import { toolOf, type LettaTool } from '../tools.js';
import { sleepTimeOfAgent } from './group-rows.js';
import type { Owners } from './owners.js';
import type { LettaTools } from './tool-rows.js';

const columns: readonly string[] = [
  ...['id', 'user_id', '_created_by_id', 'name', 'description', 'persona', 'human', 'preset', 'created_at'],
  ...['updated_at', 'llm_config', 'embedding_config', 'state', 'system', 'tools', 'tool_names', '_metadata', 'memory'],
  ...['metadata_', 'message_ids', 'agent_type', 'tool_rules', 'timezone', 'is_deleted', ...settingMembers],
];

/** Reads agents of every generation; which one a row is from shows in what it holds. */
export async function* readAgents(
  database: LettaDatabase,
  owners: Owners,
  tools: LettaTools,
): AsyncGenerator<LettaAgent> {
  for await (const row of database.rows({ table: 'agents', columns, order: ['id'] })) {
    const id = idIn(row['id']);
    if (id === null || flagIn(row['is_deleted'])) continue;
    const state = objectIn(row['state']);
    const isOld = Object.keys(state).length > 0;
    const head = headOf(row, id, owners);
    yield isOld ? oldAgent(row, state, head, tools) : await newAgent(database, row, head, tools);
  }
}

type Head = Omit<LettaAgent, 'system' | 'tools' | 'blocks' | 'made' | 'inView' | 'tags'>;

function headOf(row: Row, id: string, owners: Owners): Head {
  const createdAt = timeIn(row['created_at']) ?? 0;
  return {
    id,
    ownerId: owners.of(row),
    name: textIn(row['name']),
    description: textIn(row['description']),
    type: textIn(row['agent_type']),
    model: objectIn(row['llm_config']),
    embedding: objectIn(row['embedding_config']),
    rules: listIn(row['tool_rules']),
    metadata: objectIn(row['metadata_'] ?? row['_metadata']),
    timezone: textIn(row['timezone']),
    settings: settingsIn(row, jsonIn),
    createdAt,
    updatedAt: timeIn(row['updated_at']) ?? createdAt,
  };
}

/** An agent up to MemGPT 0.3.25: all that changes lies in one document. */
function oldAgent(row: Row, state: Record<string, unknown>, head: Head, tools: LettaTools): LettaAgent {
  const { human: humanName, persona: personaName, ...metadata } = head.metadata;
  const schemas = listIn(state['functions'])
    .map((schema) => toolOf(schema))
    .filter((tool) => tool !== null);
  const sections = isObject(state['memory'])
    ? Object.entries(state['memory']).map(([label, section]) => ({ ...objectIn(section), label, id: null }))
    : ['persona', 'human'].map((label) => ({ label, value: state[label] ?? row[label] }));
  return {
    ...head,
    metadata,
    system: textIn(state['system']) ?? textIn(row['system']),
    tools: schemas.length > 0 ? schemas : toolsNamed(textsIn(row['tools']), tools.byName),
    blocks: sections.flatMap((section) => blockFrom(section, section.label) ?? []),
    made: {
      preset: textIn(row['preset']),
      human: textIn(row['human']),
      persona: textIn(row['persona']),
      humanName: textIn(humanName),
      personaName: textIn(personaName),
    },
    inView: idsIn(state['messages']),
    tags: [],
  };
}

/** An agent since Letta 0.4: its parts lie in columns, and in later releases in tables of their own. */
async function newAgent(database: LettaDatabase, row: Row, head: Head, tools: LettaTools): Promise<LettaAgent> {
  const named = textsIn(row['tool_names'] ?? row['tools']);
  const memory = objectIn(row['memory']);
  const sections = isObject(memory['memory']) ? memory['memory'] : memory;
  const copies = Object.entries(sections).flatMap(([label, section]) => blockFrom(objectIn(section), label) ?? []);
  // Every agent had a copy of its own, also of a block that was made once and given to several.
  const own = copies.map((block) => ({ ...block, isOneForAll: false }));
  const { human: humanName, persona: personaName } = head.metadata;
  return {
    ...head,
    metadata: { ...head.metadata, ...(await sleepTimeOfAgent(database, head.id)) },
    system: textIn(row['system']),
    tools: named.length > 0 ? toolsNamed(named, tools.byName) : await linkedTools(database, head.id, tools),
    blocks: own.length > 0 ? own : await linkedBlocks(database, head.id),
    made: { humanName: textIn(humanName), personaName: textIn(personaName) },
    inView: idsIn(row['message_ids']),
    tags: await tagsOf(database, head.id),
  };
}

async function linkedTools(database: LettaDatabase, agentId: string, tools: LettaTools): Promise<LettaTool[]> {
  const found: LettaTool[] = [];
  for (const id of await linked(database, 'tools_agents', 'tool_id', agentId)) {
    const tool = tools.byId.get(id);
    if (tool !== undefined) found.push(tool);
  }
  return found;
}

const blockColumns: readonly string[] = [
  ...['id', 'value', 'limit', 'label', 'name', 'description', 'metadata_', 'read_only', 'created_at', 'updated_at'],
  'is_deleted',
];

async function linkedBlocks(database: LettaDatabase, agentId: string): Promise<LettaBlock[]> {
  const blocks: LettaBlock[] = [];
  for (const id of await linked(database, 'blocks_agents', 'block_id', agentId)) {
    const row = await firstRow(database, { table: 'block', columns: blockColumns, where: { id } });
    const block = row === null || flagIn(row['is_deleted']) ? null : blockFrom(row, null);
    if (block !== null) blocks.push(block);
  }
  // Tables keep no order; the later servers put blocks into prompts by their labels.
  return blocks.sort((left, right) => (left.label < right.label ? -1 : 1));
}

function idsIn(cell: unknown): string[] {
  return textsIn(cell).flatMap((id) => idIn(id) ?? []);
}

async function tagsOf(database: LettaDatabase, agentId: string): Promise<string[]> {
  return [...new Set(await linked(database, 'agents_tags', 'tag', agentId))];
}

/** What a table links to an agent. */
export async function linked(
  database: LettaDatabase,
  table: string,
  column: string,
  agentId: string,
): Promise<string[]> {
  if (!database.has(table, column) || !database.has(table, 'agent_id')) return [];
  const found: string[] = [];
  const query = { table, columns: [column, 'is_deleted'], where: { agent_id: agentId }, order: [column] };
  for await (const row of database.rows(query)) {
    const value = idIn(row[column]);
    if (value !== null && !flagIn(row['is_deleted'])) found.push(value);
  }
  return found;
}
