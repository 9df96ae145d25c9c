import { blockFrom, type LettaAgent } from '../agent.js';
import { settingsIn } from '../agent-settings.js';
import { isObject, listIn, numberIn, objectIn, textIn, textsIn, timeIn } from '../cells.js';
import { readMessage, type LettaMessage } from '../message.js';
import { sleepTimePair } from '../sleep-time.js';
import { toolOf, type LettaTool } from '../tools.js';
import type { AgentFile } from './document.js';

/** An agent of a file, with all its messages, the oldest first. */
export interface FiledAgent {
  agent: LettaAgent;
  messages: LettaMessage[];
  /** Ids of the sources that it may search. */
  sources: string[];
  /** Names of the secrets that the file holds, or held, for its tools. */
  secretNames: string[];
  /** Where it stands in the file. */
  at: string;
}

type Members = Readonly<Record<string, unknown>>;

/** The agents of a file of either form. */
export function agentsIn(file: AgentFile): FiledAgent[] {
  if (file.form === 'flat') return [flatAgent(file)];
  return objectsIn(file.content['agents']).map((members, index) => listedAgent(file, members, `agents.${index}`));
}

/** The objects in a list. */
export function objectsIn(value: unknown): Members[] {
  return listIn(value).filter(isObject);
}

function flatAgent(file: AgentFile): FiledAgent {
  const { content } = file;
  const members = objectsIn(content['messages']);
  const head = headOf(content, file.idOf('agent-0'), timeIn(content['created_at']) ?? 0);
  const messages = members.map((each, index) => filedMessage(file, each, `message-${index}`, head.createdAt + index));
  const indices = listIn(content['in_context_message_indices']).map((index) => messages[numberIn(index) ?? -1]);
  const marked = messages.filter((_message, index) => members[index]?.['in_context'] === true);
  const isListed = Array.isArray(content['in_context_message_indices']);
  const inView = isListed ? indices.filter((message) => message !== undefined) : marked.length > 0 ? marked : messages;
  return {
    agent: {
      ...head,
      tools: objectsIn(content['tools'])
        .map(filedTool)
        .filter((tool) => tool !== null),
      blocks: objectsIn(content['core_memory']).flatMap((block) => blockFrom({ ...block, id: null }, null) ?? []),
      tags: objectsIn(content['tags']).flatMap((tag) => textIn(tag['tag']) ?? []),
      metadata: { ...objectIn(content['metadata_']), ...sleepTimePair(objectIn(content['multi_agent_group'])) },
      inView: inView.map((message) => message.id),
    },
    messages,
    sources: [],
    secretNames: objectsIn(content['tool_exec_environment_variables']).flatMap((each) => textIn(each['key']) ?? []),
    at: 'agent',
  };
}

function listedAgent(file: AgentFile, members: Members, at: string): FiledAgent {
  const { content } = file;
  // The time of the file is that of its export; the agent is as old as its first message.
  const times = objectsIn(members['messages']).map((message) => timeIn(message['created_at']));
  const createdAt = [timeIn(content['created_at']), ...times].filter((time) => time !== null);
  const id = file.idOf(textIn(members['id']) ?? at);
  const head = headOf(
    members,
    id,
    createdAt.reduce((first, time) => Math.min(first, time), createdAt[0] ?? 0),
  );
  const tools = byId(content['tools'], filedTool);
  const blocks = byId(content['blocks'], (block) => blockFrom(block, null));
  const messages = objectsIn(members['messages']).map((message, index) =>
    filedMessage(file, message, textIn(message['id']) ?? `${at}.messages.${index}`, head.createdAt + index),
  );
  const isListed = Array.isArray(members['in_context_message_ids']);
  const inView = textsIn(members['in_context_message_ids']).map((id) => file.idOf(id));
  const sources = [...textsIn(members['source_ids']), ...textsIn(members['folder_ids'])];
  return {
    agent: {
      ...head,
      tools: found(textsIn(members['tool_ids']), tools),
      blocks: found(textsIn(members['block_ids']), blocks).map((block) => {
        return { ...block, id: block.id === null ? null : file.idOf(block.id) };
      }),
      tags: textsIn(members['tags']),
      metadata: { ...objectIn(members['metadata']), ...sleepTimeIn(content, members) },
      inView: isListed ? inView : messages.map((message) => message.id),
    },
    messages,
    sources: [...new Set(sources)].map((id) => file.idOf(id)),
    // Late releases have each of them twice, under the old name and the new one.
    secretNames: Object.keys({
      ...objectIn(members['tool_exec_environment_variables']),
      ...objectIn(members['secrets']),
    }),
    at,
  };
}

type Head = Omit<LettaAgent, 'tools' | 'blocks' | 'tags' | 'metadata' | 'inView'>;

function headOf(members: Members, id: string, createdAt: number): Head {
  return {
    id,
    ownerId: null,
    name: textIn(members['name']),
    description: textIn(members['description']),
    system: textIn(members['system']),
    type: textIn(members['agent_type']),
    model: objectIn(members['llm_config']),
    embedding: objectIn(members['embedding_config']),
    rules: listIn(members['tool_rules']),
    timezone: textIn(members['timezone']),
    settings: settingsIn(members),
    made: {},
    createdAt,
    updatedAt: timeIn(members['updated_at']) ?? createdAt,
  };
}

/** How an agent's memory was tidied, by the group that it manages. */
function sleepTimeIn(content: Members, { id, group_ids: groupIds }: Members): Record<string, string> | null {
  const managed = objectsIn(content['groups']).filter((group) => {
    const managerId = textIn(objectIn(group['manager_config'])['manager_agent_id']);
    return managerId === textIn(id) || textsIn(groupIds).includes(textIn(group['id']) ?? '');
  });
  return managed.map(sleepTimePair).find((pair) => pair !== null) ?? null;
}

/** Without a time of its own a message follows the one before it. */
function filedMessage(file: AgentFile, members: Members, local: string, otherwise: number): LettaMessage {
  return readMessage(file.idOf(local), timeIn(members['created_at']) ?? otherwise, members);
}

function filedTool(members: Members): LettaTool | null {
  const tool = toolOf(members['json_schema'], textIn(members['name']));
  if (tool === null) return null;
  return {
    ...tool,
    description: tool.description ?? textIn(members['description']),
    type: textIn(members['tool_type']),
  };
}

function byId<T>(list: unknown, read: (members: Members) => T | null): Map<string, T> {
  const things = new Map<string, T>();
  for (const members of objectsIn(list)) {
    const id = textIn(members['id']);
    const thing = read(members);
    if (id !== null && thing !== null) things.set(id, thing);
  }
  return things;
}

function found<T>(ids: readonly string[], things: ReadonlyMap<string, T>): T[] {
  return ids.map((id) => things.get(id)).filter((thing) => thing !== undefined);
}
