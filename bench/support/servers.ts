import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client, type Target } from './client.js';
import { freePort, startServer, typescript, vitalsPreload, type Server } from './processes.js';

/** The pace of the mock model. */
export interface Pace {
  firstTokenMs: number;
  /** 0 is at once. */
  tokensPerSecond: number;
  tokens: number;
}

/** A model of usual speed. */
export const usualPace: Pace = { firstTokenMs: 20, tokensPerSecond: 200, tokens: 64 };

/** A model that takes no time, so that all time is ours. */
export const noPace: Pace = { firstTokenMs: 0, tokensPerSecond: 0, tokens: 64 };

/** How an answer of Threadkeeper is asked for. */
export type Form = 'tokens' | 'legacy' | 'whole';

/** The admin password of the Threadkeeper that is measured. */
export const password = 'bench';

/** Threadkeeper, a bare Express server and the mock model that both call, each in a process of its own. */
export interface Stage {
  client: Client;
  threadkeeper: Server;
  bare: Server;
  /** Sends to the model itself. */
  toModel(): Target;
  toBare(conversation: string, form: 'tokens' | 'whole'): Target;
  toThreadkeeper(agentId: string, form: Form): Target;
  /** New agents, each with a conversation of its own. */
  newAgents(count: number): Promise<string[]>;
  close(): Promise<void>;
}

/** A folder that is taken away by `close`. */
export function temporaryFolder(): { path: string; close(): void } {
  const path = mkdtempSync(join(tmpdir(), 'threadkeeper-bench-'));
  return { path, close: () => rmSync(path, { recursive: true, force: true }) };
}

/** How Threadkeeper is started: the built program, as its users start it. */
export async function startThreadkeeper(folder: string, home: string, env: Record<string, string>): Promise<Server> {
  const port = await freePort();
  const args = [...vitalsPreload, 'dist/cli/main.js', 'server', '--host', '127.0.0.1', '--port', String(port)];
  const own = { THREADKEEPER_HOME: join(folder, home), THREADKEEPER_ADMIN_PASSWORD: password };
  return startServer({ args, port, folder, env: { ...own, ...env } });
}

/** Starts everything. Requests wait for nothing but the model's pace. */
export async function openStage(pace: Pace): Promise<Stage> {
  const folder = temporaryFolder();
  const opened: Server[] = [];
  const open = async (server: Promise<Server>): Promise<Server> => {
    opened.push(await server);
    return server;
  };
  const close = async (): Promise<void> => {
    for (const server of opened.reverse()) await server.stop();
    folder.close();
  };
  try {
    const model = await open(startModel(folder.path, pace));
    const env = {
      OPENAI_BASE_URL: `${model.url}/v1`,
      OPENAI_API_KEY: 'none',
      THREADKEEPER_MODEL: 'mock',
      THREADKEEPER_CONTEXT_WINDOW: '128000',
    };
    const threadkeeper = await open(startThreadkeeper(folder.path, 'home', env));
    const bare = await open(startBare(folder.path, `${model.url}/v1`));
    const client = createClient();
    const targets = targetsOf(model.url, bare.url, threadkeeper.url);
    return {
      client,
      threadkeeper,
      bare,
      ...targets,
      newAgents: (count) => newAgents(client, threadkeeper.url, count),
      close: async () => {
        client.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startModel(folder: string, { firstTokenMs, tokensPerSecond, tokens }: Pace): Promise<Server> {
  const port = await freePort();
  const args = [port, firstTokenMs, tokensPerSecond, tokens].map(String);
  return startServer({ args: [...typescript('mock-process.ts'), ...args], port, folder });
}

async function startBare(folder: string, modelUrl: string): Promise<Server> {
  const port = await freePort();
  mkdirSync(join(folder, 'bare'));
  const args = [String(port), modelUrl, join(folder, 'bare', 'messages.db')];
  return startServer({ args: [...vitalsPreload, ...typescript('bare-express.ts'), ...args], port, folder });
}

const words = 'What did I tell you about the garden last week?';
const authorization = { authorization: `Bearer ${password}` };

const formMembers: Record<Form, object> = {
  tokens: { stream_steps: true, stream_tokens: true },
  legacy: { stream: true },
  whole: {},
};

function targetsOf(
  model: string,
  bare: string,
  threadkeeper: string,
): Pick<Stage, 'toModel' | 'toBare' | 'toThreadkeeper'> {
  return {
    toModel: () => ({
      url: `${model}/v1/chat/completions`,
      body: { model: 'mock', stream: true, messages: [{ role: 'user', content: words }] },
    }),
    toBare: (conversation, form) => ({
      url: `${bare}/conversations/${conversation}/messages`,
      body: { message: words, stream: form === 'tokens' },
    }),
    toThreadkeeper: (agentId, form) => ({
      url: `${threadkeeper}/api/agents/${agentId}/messages`,
      headers: authorization,
      body: { message: words, role: 'user', ...formMembers[form] },
    }),
  };
}

async function newAgents(client: Client, url: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const created = await client.json({ url: `${url}/api/agents`, headers: authorization, body: { config: {} } });
    ids.push((created as { agent_state: { id: string } }).agent_state.id);
  }
  return ids;
}
