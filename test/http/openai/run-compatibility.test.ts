import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRunBody, runReply, stepReply } from '../../../src/http/openai/run-schemas.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';
import { finalStatuses, newStory, untilStatus } from '../../support/run-stories.js';

const text = readFileSync(fileURLToPath(new URL('../../../docs/compatibility.md', import.meta.url)), 'utf8');

/** The first column of the table under a heading, as far as it is in code marks. */
function rowsUnder(heading: string): string[] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^\| `([^`]+)` \|/gmu)].map((match) => match[1] ?? '');
}

let face: OpenaiFace;
beforeAll(async () => {
  face = await startFace({ script: ['Hi.'] });
});
afterAll(() => face.close());

it('a run and its step have the properties that are described, and no others', async () => {
  const story = await newStory(face);
  const { body } = await face.send('POST', `/threads/${story.threadId}/runs`, { assistant_id: story.assistantId });
  const path = `/threads/${story.threadId}/runs/${body.id}`;
  const run = await untilStatus(face, path, finalStatuses);
  expect(runReply.strict().parse(run)).toEqual(run);
  const [step] = (await face.send('GET', `${path}/steps`)).body.data;
  expect(stepReply.strict().parse(step)).toEqual(step);
});

it('the table of compatibility has one row for each property of a run and of a step', () => {
  const ofRuns = new Set([...Object.keys(runReply.shape), ...Object.keys(createRunBody.shape)]);
  expect(rowsUnder('Run').sort()).toEqual([...ofRuns].sort());
  expect(rowsUnder('Run step').sort()).toEqual(Object.keys(stepReply.shape).sort());
});
