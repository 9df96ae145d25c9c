import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type RunningApp } from '../running-app.js';

/* The requests of the old servers' documentation, sent by curl as they are printed there. */

const run = promisify(execFile);
const question = "what's the meaning of life? someone told me it's 42...";
const answer = "Ah, the age-old question, Chad. 42, as 'Deep Thought' calculated in 'The Hitchhiker's Guide'.";

const hasCurl = spawnSync('curl', ['--version']).status === 0;

let app: RunningApp;
beforeEach(async () => {
  app = await startApp({
    script: () => ({
      calls: [{ name: 'send_message', arguments: { inner_thoughts: 'A fascinating question.', message: answer } }],
    }),
  });
});
afterEach(() => app.close());

async function curl(path: string, data: string): Promise<string> {
  const { stdout } = await run('curl', [
    '--silent',
    '--request', 'POST',
    '--url', `${app.url}${path}`,
    '--header', 'accept: application/json',
    '--header', 'authorization: Bearer ilovellms',
    '--header', 'content-type: application/json',
    '--data', data,
  ]); // prettier-ignore
  return stdout;
}

const creation = `
{
  "config": {
    "name": "MyCustomAgent",
    "preset": "memgpt_chat",
    "human": "cs_phd",
    "persona": "sam_pov"
  }
}
`;

function message(agentId: string): string {
  return `{
  "agent_id": "${agentId}",
  "message": "${question}",
  "stream": true,
  "role": "user"
}
`;
}

describe.skipIf(!hasCurl)('the old examples, sent by curl', () => {
  it('create an agent', async () => {
    const text = await curl('/api/agents', creation);
    expect(text).toMatch(/^\{"agent_state":\{"id":"[0-9a-f-]{36}","name":"MyCustomAgent","user_id":"0{8}-/u);
  });

  it.each([(id: string) => `/api/agents/${id}/messages`, () => '/api/agents/message'])(
    'send a message and print the reply as it streams, at path %#',
    async (path) => {
      const created = JSON.parse(await curl('/api/agents', creation)) as { agent_state: { id: string } };
      const { id } = created.agent_state;
      const lines = (await curl(path(id), message(id))).split('\n').filter((line) => line.startsWith('data: '));
      expect(lines).toHaveLength(4);
      expect(lines[0]).toMatch(
        /^data: \{"internal_monologue": "A fascinating question\.", .*"date": "[^"]+\+00:00"\}$/u,
      );
      expect(lines[1]).toContain(`data: {"function_call": "send_message({'message': \\"${answer}\\"})", `);
      expect(lines[2]).toContain(`data: {"assistant_message": "${answer}", `);
      expect(lines[3]).toMatch(/^data: \{"function_return": "None", "status": "success", .*"date": "[^"]+\+00:00"\}$/u);
    },
  );

  it('create a user and show a key', async () => {
    expect(await curl('/admin/users', '{}')).toMatch(/^\{"user_id":"[0-9a-f-]{36}","api_key":"sk-[0-9a-f]{48}"\}$/u);
  });
});
