import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { openaiRoutes } from '../../../src/http/openai/index.js';
import { assistantReply, messageReply, threadReply } from '../../../src/http/openai/replies.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';
import { createAssistantBody, messageField, threadField } from '../../../src/http/openai/schemas.js';

const text = readFileSync(fileURLToPath(new URL('../../../docs/compatibility.md', import.meta.url)), 'utf8');

/** The first column of the table under a heading, as far as it is in code marks. */
function rowsUnder(heading: string): string[] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^\| `([^`]+)` \|/gmu)].map((match) => match[1] ?? '');
}

const fieldsOf = (...schemas: z.ZodObject[]): string[] => [
  ...new Set(schemas.flatMap((schema) => Object.keys(schema.shape))),
];

let face: OpenaiFace;
beforeAll(async () => {
  face = await startFace();
});
afterAll(() => face.close());

describe('an object as it is described', () => {
  it('has the properties of the object as it is answered, and no others', async () => {
    const { body: assistant } = await face.send('POST', '/assistants', { model: 'm' });
    const { body: thread } = await face.send('POST', '/threads', {});
    const said = await face.send('POST', `/threads/${thread.id}/messages`, { role: 'user', content: 'x' });
    expect(assistantReply.strict().parse(assistant)).toEqual(assistant);
    expect(threadReply.strict().parse(thread)).toEqual(thread);
    expect(messageReply.strict().parse(said.body)).toEqual(said.body);
  });
});

describe('the table of compatibility', () => {
  it('has one row for each endpoint that is served, and no other', () => {
    const served = openaiRoutes.map((route) => `${route.method.toUpperCase()} ${route.path}`);
    expect(rowsUnder('Endpoints').sort()).toEqual(served.sort());
  });

  it.each([
    ['Assistant', fieldsOf(assistantReply, createAssistantBody)],
    ['Thread', fieldsOf(threadReply, threadField)],
    ['Message', fieldsOf(messageReply, messageField)],
  ])('has one row for each property of an object: %s', (heading, fields) => {
    expect(fields).toContain('id');
    expect(rowsUnder(heading).sort()).toEqual(fields.sort());
  });
});
