import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import OpenAI, { AzureOpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword } from '../http/running-app.js';
import { startFace, type OpenaiFace } from '../support/openai-face.js';

/*
 * The examples of the page that tells apps how to move, run as they stand there but for the address.
 */

let face: OpenaiFace;
beforeAll(async () => {
  face = await startFace();
});
afterAll(() => face.close());

/** The code under a heading of the page, with this server's address in place of the usual one. */
function exampleUnder(heading: string, language: string): string {
  const page = readFileSync(fileURLToPath(new URL('../../docs/moving-here.md', import.meta.url)), 'utf8');
  const [, section = ''] = `\n${page}`.split(`\n${heading}\n`);
  const code = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'su').exec(section)?.[1];
  if (code === undefined) throw new Error(`There is no example under ${heading}.`);
  return code.replaceAll('http://localhost:8283', face.app.url);
}

/** Runs an example of JavaScript up to its end and returns one of its names. */
async function runScript(code: string, name: string, given: Record<string, unknown>): Promise<unknown> {
  const body = code.replace(/^import .*$/gmu, '');
  const names = Object.keys(given);
  const script = new Function(...names, `return (async () => {\n${body}\nreturn ${name};\n})();`) as (
    ...values: unknown[]
  ) => Promise<unknown>;
  return script(...names.map((each) => given[each]));
}

const environment = { process: { env: { THREADKEEPER_API_KEY: adminPassword } } };

describe('the page that tells how to move', () => {
  it('has a Node client that works, and a thread that names its person', async () => {
    const client = (await runScript(exampleUnder('## Node', 'js'), 'client', { OpenAI, ...environment })) as OpenAI;
    const thread = await runScript(exampleUnder('## Whose memory', 'js'), 'thread', { client });
    expect(thread).toMatchObject({ object: 'thread', metadata: { user_id: 'anna' } });
    const { body } = await face.send('GET', '/threads?memory=anna');
    expect(body.data).toMatchObject([{ id: (thread as OpenAI.Beta.Thread).id }]);
  });

  it('has an Azure client that works', async () => {
    const code = exampleUnder('## Azure', 'js');
    const client = (await runScript(code, 'client', { AzureOpenAI, ...environment })) as AzureOpenAI;
    expect(await client.beta.threads.create()).toMatchObject({ object: 'thread' });
  });

  it('has curl commands that work', async () => {
    const env = { ...process.env, THREADKEEPER_ADMIN_PASSWORD: adminPassword };
    const shell = promisify(execFile);
    const user = await shell('sh', ['-c', exampleUnder('# Moving an app here', 'sh')], { env });
    const { api_key: key } = JSON.parse(user.stdout) as { api_key: string };
    expect(key).toMatch(/^sk-/u);
    const made = await shell('sh', ['-ec', exampleUnder('## curl', 'sh')], { env: { ...env, OPENAI_API_KEY: key } });
    const { id } = JSON.parse(made.stdout) as { id: string };
    const { body } = await face.send('GET', `/threads/${id}/messages`, undefined, { authorization: `Bearer ${key}` });
    expect(body.data).toMatchObject([{ role: 'user', content: [{ text: { value: 'Hello' } }] }]);
  });
});
