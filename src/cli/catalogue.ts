import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { AppError } from '../domain/errors.js';
import type { HttpClient } from './http-client.js';
import type { Terminal } from './terminal.js';

/** What `list` shows. */
export const listed = ['agents', 'humans', 'personas', 'presets', 'sources', 'tools', 'users'] as const;
/** What `add` makes. */
export const added = ['human', 'persona'] as const;
/** What `delete` deletes. */
export const deleted = ['agent', 'human', 'persona', 'preset', 'source', 'tool'] as const;

/** One of what `list` shows. */
export type Listed = (typeof listed)[number];
/** One of what `add` makes. */
export type Added = (typeof added)[number];
/** One of what `delete` deletes. */
export type Deleted = (typeof deleted)[number];

const agents = z.object({
  agents: z.array(z.object({ id: z.string(), name: z.string(), last_run: z.string().nullable() })),
});
const profiles = z.array(z.object({ name: z.string().nullable(), text: z.string() }));
const presets = z.object({
  presets: z.array(z.object({ id: z.string(), name: z.string(), description: z.string().nullable() })),
});
const tools = z.object({
  tools: z.array(z.object({ name: z.string(), json_schema: z.object({ description: z.string().optional() }) })),
});
const sources = z.object({
  sources: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      metadata_: z.object({ num_documents: z.number(), num_passages: z.number() }),
    }),
  ),
});
const users = z.array(z.object({ id: z.string(), name: z.string(), created_at: z.string() }));
const blocks = z.array(z.object({ id: z.string(), user_id: z.string().nullable() }));

const textShown = 60;

/** Prints a list, one thing a line: its name and a word about it. */
export async function list(client: HttpClient, what: Listed, terminal: Terminal): Promise<void> {
  const rows = await rowsOf(client, what);
  if (rows.length === 0) terminal.print(`There are no ${what}.`);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  for (const [name, about] of rows) terminal.print(`${name.padEnd(width)}  ${terminal.dim(about)}`.trimEnd());
}

/** Keeps a text as a human or a persona; one of its name is written anew. */
export async function add(client: HttpClient, kind: Added, name: string, text: string): Promise<void> {
  const query = new URLSearchParams({ label: kind, name });
  const known = read(blocks, await client.json('GET', `/v1/blocks?${query}`)).find((block) => block.user_id !== null);
  if (known === undefined) await client.json('POST', `/api/${kind}s`, { name, text });
  else await client.json('POST', `/v1/blocks/${known.id}`, { id: known.id, value: text });
}

/** Deletes a thing by its name. Throws `not_found` where there is none. */
export async function remove(client: HttpClient, kind: Deleted, name: string): Promise<void> {
  switch (kind) {
    case 'agent': {
      const found = read(agents, await client.json('GET', '/api/agents')).agents.find((agent) => agent.name === name);
      await client.json('DELETE', `/api/agents/${found?.id ?? absent(kind, name)}`);
      return;
    }
    case 'preset': {
      const found = read(presets, await client.json('GET', '/api/presets')).presets.find((each) => each.name === name);
      await client.json('DELETE', `/api/presets/${found?.id ?? absent(kind, name)}`);
      return;
    }
    case 'source': {
      const found = read(sources, await client.json('GET', '/api/sources')).sources.find((each) => each.name === name);
      await client.json('DELETE', `/api/sources/${found?.id ?? absent(kind, name)}`);
      return;
    }
    case 'tool': {
      const found = read(tools, await client.json('GET', '/api/tools')).tools.find((tool) => tool.name === name);
      await client.json('DELETE', `/api/tools/${encodeURIComponent(found?.name ?? absent(kind, name))}`);
      return;
    }
    case 'human':
    case 'persona':
      await client.json('DELETE', `/api/${kind}s/${encodeURIComponent(name)}`);
      return;
    default:
      kind satisfies never;
  }
}

/** Deletes an agent of the user that the client acts for. */
export async function removeAgentOfUser(client: HttpClient, name: string): Promise<void> {
  const all = z.array(z.object({ id: z.string(), name: z.string() }));
  const found = read(all, await client.json('GET', '/v1/agents')).find((agent) => agent.name === name);
  await client.json('DELETE', `/v1/agents/${found?.id ?? absent('agent', name)}`);
}

/** Keeps a tool's source; one of its name is written anew unless `update` is false. Its name. */
export async function addTool(
  client: HttpClient,
  tool: { filename: string; name?: string; tags?: string[]; update: boolean },
): Promise<string> {
  const source = textOfFile(tool.filename);
  const name = tool.name ?? null;
  const known = read(tools, await client.json('GET', '/api/tools')).tools;
  const wanted = name ?? basename(tool.filename, '.py');
  if (!tool.update && known.some((each) => each.name === wanted)) {
    throw new AppError('conflict', `There is already a tool named '${wanted}'.`);
  }
  const kept = await client.json('POST', '/v1/tools', { source_code: source, name, tags: tool.tags ?? [] });
  return read(z.object({ name: z.string() }), kept).name;
}

/** The text of a file, told in a sentence where it cannot be read. */
export function textOfFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_request', `The file ${path} cannot be read.`, { cause });
  }
}

async function rowsOf(client: HttpClient, what: Listed): Promise<[string, string][]> {
  switch (what) {
    case 'agents': {
      const { agents: found } = read(agents, await client.json('GET', '/api/agents'));
      return found.map((agent) => [agent.name, `${agent.id}  ${agent.last_run ?? ''}`]);
    }
    case 'humans':
    case 'personas': {
      const answer = read(z.record(z.string(), profiles), await client.json('GET', `/api/${what}`));
      return (answer[what] ?? []).map((profile) => [profile.name ?? '', inOneLine(profile.text)]);
    }
    case 'presets': {
      const { presets: found } = read(presets, await client.json('GET', '/api/presets'));
      return found.map((preset) => [preset.name, preset.description ?? '']);
    }
    case 'sources': {
      const { sources: found } = read(sources, await client.json('GET', '/api/sources'));
      return found.map(({ name, metadata_: { num_documents: files, num_passages: passages } }) => [
        name,
        `files: ${files}  passages: ${passages}`,
      ]);
    }
    case 'tools': {
      const { tools: found } = read(tools, await client.json('GET', '/api/tools'));
      return found.map((tool) => [tool.name, inOneLine(tool.json_schema.description ?? '')]);
    }
    case 'users': {
      const found = read(users, await client.json('GET', '/v1/admin/users?limit=1000'));
      return found.map((user) => [user.id, `${user.name}  ${user.created_at}`]);
    }
    default:
      return what satisfies never;
  }
}

function inOneLine(text: string): string {
  const line = text.replaceAll(/\s+/gu, ' ').trim();
  return line.length <= textShown ? line : `${line.slice(0, textShown)}…`;
}

function absent(kind: string, name: string): never {
  throw new AppError('not_found', `There is no ${kind} named '${name}'.`);
}

/** Reads an answer of the server; one that is no server of this kind is told so in a sentence. */
export function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new AppError('internal', 'The server answers in a form this program does not know.', { cause: parsed.error });
}
