import { setTimeout as sleep } from 'node:timers/promises';
import { adminPassword } from '../http/running-app.js';
import type { Body, OpenaiFace } from './openai-face.js';

/** One event of a stream. */
export interface SseEvent {
  event: string;
  id: string | null;
  /** Parsed JSON; `[DONE]` as it is. */
  data: Body;
}

/** A function that assistants of these tests may offer. */
export const lookup = {
  type: 'function',
  function: {
    name: 'lookup',
    description: 'Looks a word up.',
    parameters: { type: 'object', properties: { q: { type: 'string' } } },
  },
} as const;

/** An assistant and a thread in which somebody has said something. */
export async function newStory(
  face: OpenaiFace,
  { assistant = {}, said = 'Hello' }: { assistant?: Record<string, unknown>; said?: string | null } = {},
): Promise<{ assistantId: string; threadId: string }> {
  const made = await face.send('POST', '/assistants', { model: 'scripted', ...assistant });
  const messages = said === null ? [] : [{ role: 'user', content: said }];
  const thread = await face.send('POST', '/threads', { messages });
  return { assistantId: made.body.id, threadId: thread.body.id };
}

/** Opens a stream; throws with the answer where it is refused. */
export async function openStream(
  face: OpenaiFace,
  path: string,
  { body, headers = {}, signal }: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  const response = await face.watch.fetch(`${face.baseUrl}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${adminPassword}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
    throw new Error(`${response.status} ${await response.text()}`);
  }
  return response;
}

/** The events of a stream as they arrive; leaving the loop leaves the stream. */
export async function* eventsOf(response: Response): AsyncGenerator<SseEvent> {
  if (response.body === null) return;
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parse(block);
      if (event !== null) yield event;
    }
  }
}

/** All events of a stream. */
export async function readStream(...request: Parameters<typeof openStream>): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  for await (const event of eventsOf(await openStream(...request))) events.push(event);
  return events;
}

function parse(block: string): SseEvent | null {
  const field = (name: string): string | null => {
    const line = block.split('\n').find((each) => each.startsWith(`${name}: `));
    return line === undefined ? null : line.slice(name.length + 2);
  };
  const data = field('data');
  if (data === null) return null;
  return {
    event: field('event') ?? '',
    id: field('id'),
    data: (data === '[DONE]' ? data : JSON.parse(data)) as Body,
  };
}

/** Asks for a run until it is in one of some states. */
export async function untilStatus(face: OpenaiFace, path: string, statuses: readonly string[]): Promise<Body> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const { body } = await face.send('GET', path);
    if (statuses.includes(body.status)) return body;
    await sleep(10);
  }
  throw new Error(`${path} did not become ${statuses.join(' or ')}.`);
}

/** The states that nothing follows. */
export const finalStatuses = ['completed', 'incomplete', 'failed', 'cancelled', 'expired'] as const;

/**
 * A stream in the notation of a table: the event's name, and of its data what tells one line from another. Ids become
 * S1, S2, M1 and so on in the order of their first coming.
 */
export function tell(events: readonly SseEvent[]): string[] {
  const names = new Map<string, string>();
  const nameOf = (id: string): string => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const letter = id.startsWith('step_') ? 'S' : 'M';
    const name = `${letter}${[...names.values()].filter((each) => each.startsWith(letter)).length + 1}`;
    names.set(id, name);
    return name;
  };
  return events.map(({ event, data }) => `${event} ${tellData(event, data, nameOf)}`.trimEnd());
}

function tellData(event: string, data: Body, nameOf: (id: string) => string): string {
  if (event === 'done') return String(data);
  if (event === 'error') return `${String(data.code)} ${String(data.message)}`;
  if (event.endsWith('.delta')) return `${nameOf(data.id)} ${JSON.stringify(data.delta)}`;
  if (event === 'thread.created') return data.object;
  if (event.startsWith('thread.run.step.')) {
    const id = nameOf(data.id);
    const details = data.step_details as unknown as { message_creation?: { message_id: string }; tool_calls?: unknown };
    const made = details.message_creation?.message_id;
    const shown = made === undefined ? JSON.stringify(details.tool_calls) : nameOf(made);
    return `${id} ${data.type} ${data.status} ${shown}`;
  }
  if (event.startsWith('thread.message.')) {
    const cut = data.incomplete_details as Body | null;
    const reason = cut === null ? '' : `:${String(cut['reason'])}`;
    const texts = data.content.map((part) => part.text?.value);
    return `${nameOf(data.id)} ${data.status}${reason} ${JSON.stringify(texts)}`;
  }
  return data.status;
}
