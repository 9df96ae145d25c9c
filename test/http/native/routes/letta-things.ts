import { z } from 'zod';
import type { Client } from './client.js';
import * as shapes from './letta-shapes.js';
import { nobody, type Era, type Refusal } from './route-case.js';
import { readSource } from './things.js';

/*
 * What tables of Letta's routes need to be there before a request.
 */

/** The one family of these tables. */
export const letta: readonly Era[] = ['letta-0.4'];

/** A block as a client sends it, whole. */
export const blockBody = (label: string, value: string): object => ({
  id: `block-${crypto.randomUUID()}`,
  value,
  limit: 2_000,
  name: label,
  template: false,
  label,
  description: null,
  metadata_: {},
  user_id: null,
});

/** An agent as a client sends it: every member, the unset ones null. */
export const agentBody = {
  name: 'harbor-guide',
  description: null,
  metadata_: { 'human:': 'basic' },
  user_id: null,
  message_ids: null,
  memory: {
    memory: { human: blockBody('human', 'Name: Inés'), persona: blockBody('persona', 'I am calm.') },
    prompt_template: '{% for block in memory.values() %}{{ block.value }}{% endfor %}',
  },
  tools: ['send_message', 'conversation_search', 'archival_memory_insert', 'archival_memory_search'],
  system: null,
  llm_config: null,
  embedding_config: null,
};

/** A new agent. */
export const newAgent = (client: Client, members: object = {}): Promise<z.infer<typeof shapes.agent>> =>
  client.ok(shapes.agent, 'POST', '/v1/agents/', { body: { ...agentBody, ...members } });

/** A new agent, as a path names it. */
export const ofAgent = async (client: Client) => ({ path: { agent_id: (await newAgent(client)).id } });

/** A message that is sent. */
export const saying = (text: string, members: object = {}): object => ({
  messages: [{ role: 'user', text, name: null }],
  run_async: false,
  ...members,
});

/** A new agent that has been greeted and has greeted back, as a path names it. */
export const ofGreetedAgent = async (client: Client) => {
  const { path } = await ofAgent(client);
  await client.ok(shapes.typedReply, 'POST', '/v1/agents/{agent_id}/messages', { path, body: saying('Good evening') });
  return { path };
};

/** A page of an agent's stored messages, newest first. */
export const storedHistory = (client: Client, path: { agent_id: string }) =>
  client.ok(z.array(shapes.storedMessage), 'GET', '/v1/agents/{agent_id}/messages', {
    path,
    query: { limit: '1000', msg_object: 'true' },
  });

/** A source with a file that has been read, as a path names it. */
export const ofReadSource = async (client: Client) => {
  const { id, jobId } = await readSource(client);
  return { path: { source_id: `source-${id}` }, jobId: `job-${jobId}` };
};

/** An agent that is not there. */
export const unknownAgent: Refusal = {
  but: { path: { agent_id: `agent-${nobody}` } },
  status: 404,
  says: `Agent agent_id=agent-${nobody} not found.`,
};
/** A source that is not there. */
export const unknownSource: Refusal = {
  but: { path: { source_id: `source-${nobody}` } },
  status: 404,
  says: `Source with id=source-${nobody} not found.`,
};
