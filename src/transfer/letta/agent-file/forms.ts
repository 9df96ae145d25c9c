import { blockFrom, type LettaAgent } from '../agent.js';
import { isObject, listIn, numberIn, objectIn, textIn, textsIn, timeIn } from '../cells.js';
import { readMessage, type LettaMessage } from '../message.js';
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
      metadata: objectIn(content['metadata_']),
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
  const head = headOf(members, file.idOf(textIn(members['id']) ?? at), timeIn(content['created_at']) ?? 0);
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
      metadata: objectIn(members['metadata']),
      inView: isListed ? inView : messages.map((message) => message.id),
    },
    messages,
    sources: [...new Set(sources)].map((id) => file.idOf(id)),
    secretNames: [objectIn(members['tool_exec_environment_variables']), objectIn(members['secrets'])].flatMap(
      (secrets) => Object.keys(secrets),
    ),
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
    made: {},
    createdAt,
    updatedAt: timeIn(members['updated_at']) ?? createdAt,
  };
}

/** Without a time of its own a message follows the one before it. */
function filedMessage(file: AgentFile, members: Members, local: string, otherwise: number): LettaMessage {
  return readMessage(file.idOf(local), timeIn(members['created_at']) ?? otherwise, members);
}

function filedTool(members: Members): LettaTool | null {
  const tool = toolOf(members['json_schema'], textIn(members['name']));
  return tool === null ? null : { ...tool, description: tool.description ?? textIn(members['description']) };
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
