import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkLog, type RunEvent } from '../../src/domain/event.js';
import { toFrames as toNativeFrames } from '../../src/http/native/events.js';
import { toTypedFrames } from '../../src/http/native/letta/events.js';
import { toFrames as toOpenaiFrames } from '../../src/http/openai/events.js';
import { toText, type Frame } from '../../src/http/sse.js';
import type { Body } from '../support/openai-face.js';
import { tell } from '../support/run-stories.js';
import { stories } from './stories.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const recorded = readdirSync(folder).flatMap((name) => /^(.+)\.events\.jsonl$/u.exec(name)?.[1] ?? []);

function readLog(story: string): RunEvent[] {
  const lines = readFileSync(`${folder}${story}.events.jsonl`, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as RunEvent);
}

async function* replay(log: readonly RunEvent[]): AsyncGenerator<RunEvent> {
  yield* log;
}

async function gather(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

/** The frames of the OpenAI face in the notation of its tables. */
async function asAssistants(log: readonly RunEvent[], withMemory: boolean): Promise<string> {
  const form = { startingAfter: 0, withMemory, numbered: false, endsAtRest: false };
  const frames = await gather(toOpenaiFrames(replay(log), form));
  const events = frames.map(({ event = '', data }) => {
    return { event, id: null, data: (event === 'done' ? data : JSON.parse(data)) as Body };
  });
  return `${tell(events).join('\n')}\n`;
}

/** Frames of a native stream as they go over the wire, up to the first rest. */
async function onTheWire(frames: AsyncIterable<Frame>): Promise<string> {
  return (await gather(frames)).map(toText).join('');
}

/** What a face was agreed to write: one part for each of its forms. A file that is missing is a fault, not a wish. */
async function expectAgreed(file: string, parts: Record<string, string>): Promise<void> {
  expect(readdirSync(folder)).toContain(file);
  const text = Object.entries(parts).map(([name, frames]) => `# ${name}\n\n${frames}`);
  await expect(text.join('\n')).toMatchFileSnapshot(`./${file}`);
}

it('every story has a log on record, and every log a story', () => {
  expect([...recorded].sort()).toEqual(Object.keys(stories).sort());
});

describe.each(recorded)('the log %s', (story) => {
  const log = readLog(story);

  it('keeps to the grammar of logs', () => {
    expect(checkLog(log)).toEqual([]);
  });

  it('is told by the OpenAI face as was agreed, without the agent’s own tools and with them', async () => {
    await expectAgreed(`${story}.assistants.txt`, {
      'as the original': await asAssistants(log, false),
      'include[]=memory': await asAssistants(log, true),
    });
  });

  it('is told in the streams of MemGPT as was agreed, in each of their forms', async () => {
    await expectAgreed(`${story}.native.txt`, {
      legacy: await onTheWire(toNativeFrames(replay(log), 'legacy')),
      steps: await onTheWire(toNativeFrames(replay(log), 'steps')),
      tokens: await onTheWire(toNativeFrames(replay(log), 'tokens')),
    });
  });

  it('is told in the typed streams of Letta as was agreed, whole and in fragments', async () => {
    await expectAgreed(`${story}.letta.txt`, {
      steps: await onTheWire(toTypedFrames(replay(log), 'steps')),
      tokens: await onTheWire(toTypedFrames(replay(log), 'tokens')),
    });
  });
});
