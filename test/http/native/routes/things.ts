import { expect } from 'vitest';
import { z } from 'zod';
import type { Client } from './client.js';
import * as shapes from './memgpt-shapes.js';

/*
 * What tables of routes need to be there before a request.
 */

/** What the model of these tests answers to everything, and what it thinks while it does. */
export const greeting = { thought: 'Ines is back.', words: 'Guten Abend, Inés!' };

/** A text that is uploaded. */
export const file = { name: 'birds.txt', content: 'The heron Cassiopeia nests at Wexford.\n' };

/** Python that is kept and never run. */
export const pythonSource =
  'def tell_tide(port: str) -> str:\n    """Tells when the tide comes."""\n    raise SystemExit\n';

/** A new agent of MemGPT; its id. */
export async function newAgent(client: Client, config: object = {}): Promise<string> {
  const body = { config: { name: 'Harbor guide', ...config } };
  return (await client.ok(shapes.createdAgent, 'POST', '/api/agents', { body })).agent_state.id;
}

/** A new agent that has been greeted and has greeted back. */
export async function greetedAgent(client: Client, config: object = {}): Promise<string> {
  const id = await newAgent(client, config);
  const body = { message: 'Good evening', role: 'user', stream: false };
  await client.ok(shapes.lateReply, 'POST', `/api/agents/${id}/messages`, { body });
  return id;
}

/** A new source; its id. */
export async function newSource(client: Client, name = 'birds'): Promise<string> {
  return (await client.ok(shapes.newSource, 'POST', '/api/sources', { body: { name } })).id;
}

/** A new source with a file that has been read. */
export async function readSource(client: Client, name?: string): Promise<{ id: string; jobId: string }> {
  const id = await newSource(client, name);
  const { id: jobId } = await client.ok(shapes.upload, 'POST', `/api/sources/${id}/upload`, { file });
  await untilRead(client, jobId);
  return { id, jobId };
}

/** Waits until a file has been read; the job as it then is. */
export async function untilRead(client: Client, jobId: string): Promise<z.infer<typeof shapes.job>> {
  const read = () => client.ok(shapes.job, 'GET', `/api/sources/status/${jobId}`);
  await expect.poll(async () => (await read()).status, { interval: 10, timeout: 15_000 }).toBe('completed');
  return read();
}

/** A tool of the client's own, kept as source. */
export function keptTool(client: Client): Promise<{ id: string; name: string }> {
  const body = { source_code: pythonSource, source_type: 'python', tags: ['sea'] };
  return client.ok(z.looseObject({ id: z.string(), name: z.string() }), 'POST', '/api/tools', { body });
}

/** What an agent has in mind, as MemGPT tells it. */
export async function coreMemory(client: Client, agentId: string): Promise<{ human: string | null }> {
  return (await client.ok(shapes.memory, 'GET', `/api/agents/${agentId}/memory`)).core_memory;
}

/** The texts of an agent's archive, the oldest first. */
export async function archiveOf(client: Client, agentId: string): Promise<string[]> {
  const { archival_memory: passages } = await client.ok(shapes.archive, 'GET', `/api/agents/${agentId}/archival/all`);
  return passages.map((passage) => passage.contents);
}
