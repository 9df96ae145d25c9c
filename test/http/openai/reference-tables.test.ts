import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Script } from '../../../src/providers/scripted.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';
import { eventsOf, lookup, newStory, openStream, readStream, type SseEvent } from '../../support/run-stories.js';

/*
 * The tables of the published description of the original's streams, held against what is really sent. The description
 * is no part of this project: where it is absent, the comparison is skipped.
 */

const root = fileURLToPath(new URL('../../..', import.meta.url));
const path = join(root, ...['..', 'shared', 'reference', 'assistants-api.md']);
const description = existsSync(path) ? readFileSync(path, 'utf8') : null;

/** The names of the events of a table, in order. */
function tableOf(name: string): string[] {
  const [, table = ''] = new RegExp(`\`\`\`stream ${name}\\n([\\s\\S]*?)\`\`\``, 'u').exec(description ?? '') ?? [];
  return table.split('\n').flatMap((line) => /^\S+/u.exec(line) ?? []);
}

/** Events that tell nothing new and that some tables leave out. */
const redundant = ['thread.run.step.in_progress', 'thread.message.in_progress'];

/** Names of events without those that this table leaves out; how many deltas a text has is for the model to say. */
function asIn(table: readonly string[], names: readonly string[]): string[] {
  const kept = names.filter((name) => table.includes(name) || !redundant.includes(name));
  return kept.filter((name, at) => !(name.endsWith('.delta') && kept[at - 1] === name));
}

let face: OpenaiFace;
afterEach(() => face.close());

const namesOf = (events: readonly SseEvent[]): string[] => events.map(({ event }) => event);

/** Reads a run's stream, and does something at its first words. */
async function tellRun(
  script: Script,
  atFirstWords?: (runPath: string) => Promise<unknown>,
  clock?: { now(): number },
): Promise<SseEvent[]> {
  face = await startFace({ script, ...(clock === undefined ? {} : { clock }) });
  const story = await newStory(face, { assistant: { tools: [lookup] } });
  const body = { assistant_id: story.assistantId, stream: true };
  const events: SseEvent[] = [];
  for await (const event of eventsOf(await openStream(face, `/threads/${story.threadId}/runs`, { body }))) {
    events.push(event);
    if (event.event !== 'thread.message.delta' || events.filter(({ event: name }) => name === event.event).length > 1) {
      continue;
    }
    await atFirstWords?.(`/threads/${story.threadId}/runs/${String(events[0]?.data.id)}`);
  }
  return events;
}

const calls: Script = [
  {
    calls: [
      { id: 'call_A', name: 'lookup', arguments: '{"q":"Rome"}' },
      { id: 'call_B', name: 'lookup', arguments: '{}' },
    ],
    deltaChars: 6,
  },
  'In 476.',
];

const expectTable = (name: string, events: readonly SseEvent[]): void => {
  const table = tableOf(name);
  expect(table.length).toBeGreaterThan(5);
  expect(asIn(table, namesOf(events))).toEqual(asIn(table, table));
};

describe.skipIf(description === null)('the published tables of streams', () => {
  it('plain: a reply of text', async () => {
    expectTable('plain', await tellRun([{ text: 'Hello there', deltaChars: 6 }]));
  });

  it('tool_call and submit: calls of functions, and what follows their outputs', async () => {
    const first = await tellRun(calls);
    expectTable('tool_call', first);
    const run = first.at(-2)?.data;
    const tool_outputs = ['call_A', 'call_B'].map((id) => ({ tool_call_id: id, output: '476' }));
    const submit = `/threads/${String(run?.thread_id)}/runs/${String(run?.id)}/submit_tool_outputs`;
    expectTable('submit', await readStream(face, submit, { body: { stream: true, tool_outputs } }));
  });

  it('cancel: a reply that is cancelled in the middle', async () => {
    const silent: Script = [{ text: 'Well, so', deltaChars: 4, cutAfter: 1, ending: 'silence' }];
    expectTable('cancel', await tellRun(silent, (run) => face.send('POST', `${run}/cancel`)));
  });

  it('fail: a reply in the middle of which the server itself fails', async () => {
    expectTable('fail', await tellRun([{ text: 'We go', deltaChars: 2, cutAfter: 1, ending: new Error('A fault.') }]));
  });

  it('incomplete: a reply that has used up its tokens', async () => {
    expectTable('incomplete', await tellRun([{ text: 'Once upon', finish: 'length' }]));
  });

  it('expired: a reply whose time is over', async () => {
    let now = Date.now();
    const silent: Script = [{ text: 'Well, so', deltaChars: 4, cutAfter: 1, ending: 'silence' }];
    const late = (): Promise<void> => {
      now += 600_000;
      return Promise.resolve();
    };
    const events = await tellRun(silent, late, { now: () => now });
    // The table's reply had no words yet.
    expectTable(
      'expired',
      events.filter(({ event }) => event !== 'thread.message.delta'),
    );
  });
});
