import { createMachine, type Machine, type RunOptions, type Running } from '../cli/command-line.js';

/** The administrator's password of every server started here. */
export const serverPassword = 'ilovellms';

/** An answer of the server: its status and the JSON it holds. */
export interface Answer {
  status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a parsed foreign body that tests look into
  json: any;
}

/** One event of a streamed reply, or a bare word such as `[DONE]`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a parsed foreign body that tests look into
export type StreamedEvent = Record<string, any> | string;

/** The requests that stories are told with, as the administrator of one server. */
export interface Client {
  url: string;
  /** Sends a request. */
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Sends a message and yields what is streamed back; it ends, without an error, where the server is killed. */
  stream(path: string, body: unknown): AsyncGenerator<StreamedEvent>;
  /** Makes an agent and returns its id. */
  newAgent(config?: object): Promise<string>;
  /** Says something and waits; the words that the agent spoke. Throws where it is refused. */
  say(agentId: string, message: string): Promise<string[]>;
  /** The whole history of an agent, oldest first. */
  history(agentId: string): Promise<HistoryMessage[]>;
}

/** The built program, listening. */
export interface ServerProcess extends Client {
  command: Running;
  /** Ends the process as a power failure would. */
  kill(): Promise<void>;
  /** Asks it to end, and returns its exit status. */
  stop(): Promise<number | null>;
}

/** A message as the history shows it. */
export interface HistoryMessage {
  id: string;
  role: 'user' | 'assistant' | 'tool' | 'system';
  text: string | null;
  tool_calls: { id: string; function: { name: string; arguments: string } }[] | null;
  tool_call_id: string | null;
}

export { createMachine, type Machine };

/** Starts the built program on a free port of a machine. Servers of one machine share its home, one after the other. */
export async function startServer(machine: Machine, options: RunOptions = {}): Promise<ServerProcess> {
  const env = { MEMGPT_SERVER_PASS: serverPassword, ...options.env };
  const command = machine.run(['server', '--port', '0'], { ...options, env });
  const [, url = ''] = await command.untilPrinted(/Uvicorn running on (https?:\/\/\S+:\d+) /);
  return {
    ...clientOf(url),
    command,
    kill: async () => {
      command.signal('SIGKILL');
      await command.ended;
    },
    stop: async () => {
      command.signal('SIGTERM');
      return (await command.ended).status;
    },
  };
}

/** Speaks to a server that has this password. */
export function clientOf(url: string): Client {
  const ask = (method: string, path: string, body?: unknown): Promise<Answer> => send(url, method, path, body);
  return {
    url,
    ask,
    stream: (path, body) => stream(url, path, body),
    newAgent: async (config = {}) => {
      const { status, json } = await ask('POST', '/api/agents', { config });
      if (status !== 200) throw new Error(`No agent was made: ${JSON.stringify(json)}`);
      return json.agent_state.id as string;
    },
    say: async (agentId, message) => {
      const { status, json } = await ask('POST', `/api/agents/${agentId}/messages`, { message });
      if (status !== 200) throw new Error(`'${message}' was answered with ${status}: ${JSON.stringify(json)}`);
      return spokenIn(json.messages as StreamedEvent[]);
    },
    history: async (agentId) => {
      const { json } = await ask('GET', `/api/agents/${agentId}/messages-cursor?limit=1000`);
      return [...(json.messages as HistoryMessage[])].reverse();
    },
  };
}

/** The words among the events of a reply. */
export function spokenIn(events: readonly StreamedEvent[]): string[] {
  return events.flatMap((event) =>
    typeof event === 'object' && typeof event['assistant_message'] === 'string' ? [event['assistant_message']] : [],
  );
}

/** The words that a history tells, in order. */
export function spokenInHistory(history: readonly HistoryMessage[]): string[] {
  return history.flatMap((message) =>
    (message.tool_calls ?? []).flatMap((call) => {
      if (call.function.name !== 'send_message') return [];
      return [(JSON.parse(call.function.arguments) as { message: string }).message];
    }),
  );
}

/**
 * What is wrong with a history, empty where nothing is: ids of messages that come twice, calls that are not answered
 * exactly once, answers to no call. Some model servers use the id of an answered call again; that is no fault.
 */
export function historyFaults(history: readonly HistoryMessage[]): string[] {
  const calls = new Map<string, number>();
  const faults: string[] = [];
  for (const message of history) {
    for (const call of message.tool_calls ?? []) {
      if (calls.get(call.id) === 0) faults.push(`call ${call.id} is made again before it has a result`);
      if ((calls.get(call.id) ?? 0) > 1) faults.push(`call ${call.id} has several results`);
      calls.set(call.id, 0);
    }
    if (message.role !== 'tool') continue;
    const answers = calls.get(message.tool_call_id ?? '');
    if (answers === undefined) faults.push(`a result answers ${message.tool_call_id}, which was not called before it`);
    else calls.set(message.tool_call_id ?? '', answers + 1);
  }
  for (const [id, answers] of calls) if (answers !== 1) faults.push(`call ${id} has ${answers} results`);
  if (new Set(history.map((message) => message.id)).size < history.length) faults.push('an id comes twice');
  return faults;
}

async function send(url: string, method: string, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: headers(),
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, json: await response.json() };
}

async function* stream(url: string, path: string, body: unknown): AsyncGenerator<StreamedEvent> {
  const response = await fetch(`${url}${path}`, { method: 'POST', headers: headers(), body: JSON.stringify(body) });
  if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`);
  let text = '';
  const pieces = response.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  for (;;) {
    // A killed server resets the connection; for its reader that is only an early end.
    const next = await pieces.next().catch(() => ({ done: true, value: undefined }) as const);
    if (next.done === true) return;
    text += next.value;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      if (!frame.startsWith('data: ')) continue;
      const data = frame.slice('data: '.length);
      yield data.startsWith('[') ? data : (JSON.parse(data) as StreamedEvent);
    }
  }
}

function headers(): Record<string, string> {
  return { authorization: `Bearer ${serverPassword}`, 'content-type': 'application/json' };
}
