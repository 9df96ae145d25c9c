import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeHouse, type House } from '../../src/compose.js';
import { loadConfig } from '../../src/config.js';
import type { Protocol } from '../../src/domain/agent.js';
import type { Clock } from '../../src/domain/clock.js';
import { checkLog } from '../../src/domain/event.js';
import { defaultUserId } from '../../src/domain/ids.js';
import { textOf, type Message } from '../../src/domain/message.js';
import type { Run } from '../../src/domain/run.js';
import { nativeTools } from '../../src/domain/assistant.js';
import { createLogger } from '../../src/logger.js';
import type { ProviderRegistry } from '../../src/providers/provider.js';
import {
  startMockUpstream,
  type MockUpstream,
  type UpstreamReply,
  type UpstreamRequest,
} from '../support/mock-upstream.js';
import { clientOf, serverPassword, type Client } from '../support/server-process.js';

/** The environment of a server whose only model is at the mock. */
export function upstreamVariables(upstream: MockUpstream): Record<string, string> {
  return { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'sk-test', MEMGPT_SERVER_PASS: serverPassword };
}

/** A model server that answers as it is planned, and with `fallback` where nothing is. */
export interface PlannedUpstream extends MockUpstream {
  /** What it says next; a function sees the request. */
  plan(...replies: (UpstreamReply | ((request: UpstreamRequest) => UpstreamReply))[]): void;
  /** Replies that nobody has asked for yet. */
  unasked(): number;
  /** Forgets what it was asked and what it was to say. */
  reset(): void;
  /** Refuses every request that is longer, as real servers do; null takes any. */
  limitChars: number | null;
}

/** How a model speaks in each protocol. */
export const says: Record<Protocol, (text: string) => UpstreamReply> = {
  native: (text) => ({ text }),
  heartbeat: (message) => ({
    calls: [{ name: 'send_message', arguments: JSON.stringify({ inner_thoughts: 'I answer.', message }) }],
  }),
};

/** The tools of each protocol that do the same. */
export const tools = {
  native: { note: 'memory_append', label: 'label', text: 'text', file: 'archival_memory_insert', filed: 'content' },
  heartbeat: {
    note: 'core_memory_append',
    label: 'name',
    text: 'content',
    file: 'archival_memory_insert',
    filed: 'content',
  },
} as const;

/** A call as a model makes it. */
export interface Call {
  name: string;
  arguments: string;
}

/** A call that notes a line of what the agent knows about the user. */
export function note(protocol: Protocol, line: unknown): Call {
  const { note: name, label, text } = tools[protocol];
  return { name, arguments: JSON.stringify({ [label]: 'human', [text]: line, ...goOn(protocol) }) };
}

/** A call that files a text in the archive. */
export function file(protocol: Protocol, text: string): Call {
  const { file: name, filed } = tools[protocol];
  return { name, arguments: JSON.stringify({ [filed]: text, ...goOn(protocol) }) };
}

function goOn(protocol: Protocol): object {
  return protocol === 'heartbeat' ? { request_heartbeat: true } : {};
}

/** A refusal that may be repeated at once. */
export function refusal(
  status: number,
  message: string,
  headers: Record<string, string> = { 'retry-after-ms': '1' },
): UpstreamReply {
  return { status, headers, body: { error: { message, type: 'server_error', code: null } } };
}

/** Starts one that has no plan yet. */
export async function startPlannedUpstream(): Promise<PlannedUpstream> {
  const planned: (UpstreamReply | ((request: UpstreamRequest) => UpstreamReply))[] = [];
  const upstream = await startMockUpstream({
    chat: (request) => {
      const chars = JSON.stringify(request.body).length;
      if (state.limitChars !== null && chars > state.limitChars) return tooLong;
      // A request that offers no tools asks for a summary.
      if (request.body.tools === undefined) return { text: 'The user told long stories about a lighthouse.' };
      const next = planned.shift();
      if (next !== undefined) return typeof next === 'function' ? next(request) : next;
      return says[protocolOf(request)]('All is well.');
    },
  });
  const state: PlannedUpstream = Object.assign(upstream, {
    plan: (...replies: typeof planned) => void planned.push(...replies),
    unasked: () => planned.length,
    reset: () => {
      planned.length = 0;
      upstream.requests.length = 0;
      state.limitChars = null;
    },
    limitChars: null,
  });
  return state;
}

const tooLong: UpstreamReply = {
  status: 400,
  body: {
    error: {
      message: "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
  },
};

function protocolOf(request: UpstreamRequest): Protocol {
  const tools = request.body.tools as { function: { name: string } }[];
  return tools.some((tool) => tool.function.name === 'send_message') ? 'heartbeat' : 'native';
}

/** A whole server in this process, with its models at the mock. */
export interface TroubledHouse {
  house: House;
  client: Client;
  /** What the server logged as a fault of its own. */
  faults: string[];
  /** Makes an agent of the protocol, without the example of a conversation that old agents begin with. */
  newAgent(protocol: Protocol): Promise<string>;
  /** The runs of an agent, oldest first, each with a log that keeps to its grammar. */
  runs(agentId: string): Promise<Run[]>;
  /** What people said and were told, as `user: …` and `assistant: …`; what is unfinished says so. */
  spoken(agentId: string): Promise<string[]>;
  /** The results of tools, in order. */
  results(agentId: string): Promise<{ name: string; output: string; failed: boolean }[]>;
  close(): Promise<void>;
}

/** Opens one with a home of its own; `providers` take the place of those that its environment names. */
export async function openTroubledHouse(
  upstream: MockUpstream,
  providers?: ProviderRegistry,
  clock?: Clock,
): Promise<TroubledHouse> {
  const home = await mkdtemp(join(tmpdir(), 'troubled-'));
  const config = loadConfig({
    env: upstreamVariables(upstream),
    homeOverride: home,
    userHome: home,
    overrides: { host: '127.0.0.1', port: 0 },
  });
  const faults: string[] = [];
  const logger = createLogger({ level: 'error', write: (line) => void faults.push(line) });
  const house = await composeHouse(config, { logger, providers, clock });
  const { url } = await house.listen();
  const client = clientOf(url);
  const conversationOf = async (agentId: string): Promise<string> =>
    (await house.store.agents.find(agentId))?.mainConversationId ?? '';
  const messages = async (agentId: string): Promise<Message[]> => {
    const request = { limit: 10_000, order: 'asc', visibleOnly: false } as const;
    return (await house.store.messages.page(await conversationOf(agentId), request)).items;
  };
  return {
    house,
    client,
    faults,
    async newAgent(protocol) {
      const id = await client.newAgent();
      const agent = await house.store.agents.get(defaultUserId, id);
      if (agent === null) throw new Error('The agent is not in the store.');
      for (const message of await messages(id)) await house.store.messages.delete(message.conversationId, message.id);
      if (protocol === 'native') {
        const tools = nativeTools.map((name) => ({ type: 'builtin' as const, name }));
        await house.store.agents.update({ ...agent, protocol, envelope: 'plain', tools });
      }
      return id;
    },
    async runs(agentId) {
      const page = await house.store.runs.page(await conversationOf(agentId), { limit: 1_000, order: 'asc' });
      for (const run of page.items) {
        const faults = checkLog(await house.store.events.read(run.id, 0, 100_000));
        if (faults.length > 0) throw new Error(`The log of a run breaks its grammar:\n${faults.join('\n')}`);
      }
      return page.items;
    },
    async spoken(agentId) {
      const visible = (await messages(agentId)).filter((message) => message.visible);
      return visible.map((message) => {
        const mark = message.status === 'completed' ? '' : ` [${message.status}]`;
        return `${message.role}: ${textOf(message)}${mark}`;
      });
    },
    async results(agentId) {
      const parts = (await messages(agentId)).flatMap((message) => message.parts);
      return parts.flatMap((part) =>
        part.type === 'tool-result' && part.name !== 'send_message'
          ? [{ name: part.name, output: part.output, failed: part.failed }]
          : [],
      );
    },
    async close() {
      await house.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface WireMessage {
  role: string;
  content?: unknown;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
}

/** What a strict model server would refuse in a request, empty where nothing is. */
export function requestFaults(request: UpstreamRequest): string[] {
  const messages = request.body.messages as WireMessage[];
  const faults: string[] = [];
  const seen = new Set<string>();
  let open: string[] = [];
  messages.forEach((message, index) => {
    const place = `message ${index} (${message.role})`;
    if (message.role === 'system' && index > 0) faults.push(`${place} is not the first`);
    if (message.role === 'tool') {
      if (message.tool_call_id !== open.shift()) faults.push(`${place} answers ${message.tool_call_id} out of turn`);
      return;
    }
    if (open.length > 0) faults.push(`${open.join(', ')} unanswered before ${place}`);
    open = (message.tool_calls ?? []).map((call) => call.id);
    for (const call of message.tool_calls ?? []) {
      if (seen.has(call.id)) faults.push(`${call.id} comes twice`);
      seen.add(call.id);
      if (!isJsonObject(call.function.arguments)) faults.push(`${call.id} has arguments ${call.function.arguments}`);
    }
    const isEmpty = message.content === null || message.content === undefined || message.content === '';
    if (isEmpty && open.length === 0) faults.push(`${place} is empty`);
  });
  if (open.length > 0) faults.push(`${open.join(', ')} unanswered at the end`);
  if (!['user', 'tool'].includes(messages.at(-1)?.role ?? '')) faults.push('the agent itself spoke last');
  return faults;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
