import { afterEach, describe, expect, it } from 'vitest';
import type { Script } from '../../../src/providers/scripted.js';
import { adminPassword, type AppOptions } from '../running-app.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';
import {
  eventsOf,
  finalStatuses,
  lookup,
  newStory,
  openStream,
  readStream,
  tell,
  untilStatus,
  type SseEvent,
} from '../../support/run-stories.js';

let face: OpenaiFace;
afterEach(() => face.close());

const open = async (script: Script, options: Omit<AppOptions, 'script'> = {}): Promise<OpenaiFace> =>
  (face = await startFace({ script, ...options }));

async function runStream(
  story: { threadId: string; assistantId: string },
  fields: Record<string, unknown> = {},
  query = '',
): Promise<SseEvent[]> {
  const body = { assistant_id: story.assistantId, stream: true, ...fields };
  return readStream(face, `/threads/${story.threadId}/runs${query}`, { body });
}

const runPath = (event: SseEvent | undefined): string => {
  if (event === undefined) throw new Error('There is no event.');
  return `/threads/${event.data.thread_id}/runs/${event.data.id}`;
};

describe('reading a stream again', () => {
  const rounds = [{ calls: [{ id: 'call_A', name: 'lookup', arguments: '{}' }] }, 'In 476.'];

  async function whole(): Promise<{ path: string; live: SseEvent[] }> {
    const first = await runStream(await newStory(face, { assistant: { tools: [lookup] } }));
    const path = runPath(first.at(-2));
    const second = await readStream(face, `${path}/submit_tool_outputs`, {
      body: { stream: true, tool_outputs: [{ tool_call_id: 'call_A', output: 'x' }] },
    });
    return { path, live: [...first.slice(0, -1), ...second] };
  }

  it('gives the very events that were told live, through the rest in the middle', async () => {
    await open(rounds);
    const { path, live } = await whole();
    const again = await readStream(face, `${path}/events`);
    expect(again.map(({ event, data }) => ({ event, data }))).toEqual(live.map(({ event, data }) => ({ event, data })));
  });

  it('goes on after any number, whether it stands in the query or in Last-Event-ID', async () => {
    await open(rounds);
    const { path } = await whole();
    const all = await readStream(face, `${path}/events`);
    const numbers = all.flatMap(({ id }) => (id === null ? [] : [Number(id)]));
    expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
    for (const number of numbers) {
      const at = all.findIndex(({ id }) => id === String(number));
      expect(await readStream(face, `${path}/events?starting_after=${number}`)).toEqual(all.slice(at + 1));
    }
    const headers = { 'last-event-id': String(numbers[4]) };
    const at = all.findIndex(({ id }) => id === headers['last-event-id']);
    expect(await readStream(face, `${path}/events`, { headers })).toEqual(all.slice(at + 1));
  });

  it('follows a run that is still under way until it has ended', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await open([{ text: 'At last.', before: () => held }]);
    const story = await newStory(face);
    const run = await face.send('POST', `/threads/${story.threadId}/runs`, { assistant_id: story.assistantId });
    const path = `/threads/${story.threadId}/runs/${run.body.id}`;
    const reading = readStream(face, `${path}/events`);
    release();
    expect(tell(await reading).slice(-2)).toEqual(['thread.run.completed completed', 'done [DONE]']);
  });

  it('numbers the events of any stream that asks for it', async () => {
    await open(['Hi.']);
    const events = await runStream(await newStory(face), {}, '?include[]=event_ids');
    expect(events.filter(({ id }) => id !== null).map(({ id }) => id)).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
    ]);
  });

  it('is refused where the run is not there, or a number is none', async () => {
    await open(['Hi.']);
    const events = await runStream(await newStory(face));
    const path = runPath(events[0]);
    const wrong = await face.send('GET', `${path}/events?starting_after=x`);
    expect([wrong.status, wrong.body.error?.['param']]).toEqual([400, 'starting_after']);
    const unknown = await face.send('GET', `${path.replace(/run_\w+$/u, `run_${'0'.repeat(22)}`)}/events`);
    expect(unknown.status).toBe(404);
  });
});

describe('a stream and its reader', () => {
  it('part without harm: the run of a reader who left at the third event completes', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await open([{ text: 'Still here.', before: () => held }]);
    const story = await newStory(face);
    const leaving = new AbortController();
    const body = { assistant_id: story.assistantId, stream: true };
    const response = await openStream(face, `/threads/${story.threadId}/runs`, { body, signal: leaving.signal });
    const seen: SseEvent[] = [];
    for await (const event of eventsOf(response)) {
      seen.push(event);
      if (seen.length === 3) break;
    }
    leaving.abort();
    release();
    const run = await untilStatus(face, runPath(seen[0]), finalStatuses);
    expect(run.status).toBe('completed');
    const messages = await face.send('GET', `/threads/${story.threadId}/messages`);
    expect(JSON.stringify(messages.body.data[0])).toContain('Still here.');
  });

  it('keep in touch by comments while nothing happens', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await open([{ text: 'Hi.', before: () => held }], { keepAliveMs: 5 });
    const story = await newStory(face);
    const body = { assistant_id: story.assistantId, stream: true };
    const response = await openStream(face, `/threads/${story.threadId}/runs`, { body });
    let text = '';
    for await (const piece of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.split('\n: wait').length > 3) release();
    }
    expect(text.split('\n').filter((line) => line === ': wait').length).toBeGreaterThan(2);
    expect(text.endsWith('event: done\ndata: [DONE]\n\n')).toBe(true);
  });

  it('part with an error that every client understands where the run goes away under them', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await open([{ text: 'Hi.', before: () => held }]);
    const story = await newStory(face);
    const body = { assistant_id: story.assistantId, stream: true };
    const events: SseEvent[] = [];
    for await (const event of eventsOf(await openStream(face, `/threads/${story.threadId}/runs`, { body }))) {
      events.push(event);
      if (event.event === 'thread.run.in_progress') {
        await face.app.store.conversations.delete(
          '00000000-0000-0000-0000-000000000000',
          (await face.app.store.conversations.page('00000000-0000-0000-0000-000000000000', { limit: 1, order: 'desc' }))
            .items[0]?.id ?? '',
        );
        release();
      }
    }
    expect(events.slice(-2).map(({ event }) => event)).toEqual(['error', 'done']);
    const error = events.at(-2)?.data as unknown as { error: unknown; message: string };
    expect(error).toMatchObject({ type: 'server_error', code: 'server_error', param: null });
    expect(error.error).toEqual({ type: 'server_error', code: 'server_error', param: null, message: error.message });
  });

  it('are told by a plain answer where the request is refused before the stream begins', async () => {
    await open([{ text: 'Hi.', cutAfter: 0, ending: 'silence' }]);
    const story = await newStory(face);
    const body = { assistant_id: story.assistantId, stream: true };
    const first = await face.send('POST', `/threads/${story.threadId}/runs`, { assistant_id: story.assistantId });
    const response = await face.watch.fetch(`${face.baseUrl}/threads/${story.threadId}/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminPassword}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    const refusal = (await response.json()) as { error: { message: string } };
    expect(refusal.error.message).toBe(`Thread ${story.threadId} already has an active run ${first.body.id}.`);
  });
});
