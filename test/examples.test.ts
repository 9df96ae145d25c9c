import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createMachine,
  serverPassword,
  startServer,
  type Machine,
  type ServerProcess,
} from './support/server-process.js';
import { wholeProgram } from './cli/command-line.js';

const folder = fileURLToPath(new URL('../examples', import.meta.url));
const hasShell = ['bash', 'curl'].every((program) => spawnSync(program, ['--version']).status === 0);

interface Outcome {
  status: number;
  out: string;
  errors: string;
}

function runExample(name: string, url: string, password = serverPassword): Promise<Outcome> {
  const program = name.endsWith('.sh') ? 'bash' : process.execPath;
  const env = { PATH: process.env.PATH, BASE_URL: url, MEMGPT_SERVER_PASS: password };
  return new Promise((resolve) => {
    execFile(program, [join(folder, name)], { env }, (error, out, errors) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), out, errors });
    });
  });
}

describe.each([
  ['letta', 'openapi_letta.json', 'letta-guide.sh'],
  ['memgpt', 'openapi_memgpt.json', 'memgpt-guide.sh'],
] as const)('a server started as %s', wholeProgram, (name, document, guide) => {
  let machine: Machine;
  let server: ServerProcess;
  beforeAll(async () => {
    machine = createMachine();
    server = await startServer(machine, { name });
  });
  afterAll(() => machine.finish());

  it('says on its first lines, in their order, what the old servers said', async () => {
    await server.command.untilPrinted(/Uvicorn running on .*\n/);
    const lines = server.command.out().split('\n');
    const said = lines.map((line) => line.replace(/ \[\d+\]$/, '').replace(server.url, 'URL'));
    expect(said.slice(1, 7)).toEqual([
      'INFO:     Started server process',
      'INFO:     Waiting for application startup.',
      `Writing out ${document} file`,
      'Writing out openapi_assistants.json file',
      'INFO:     Application startup complete.',
      'INFO:     Uvicorn running on URL (Press CTRL+C to quit)',
    ]);
  });

  it.each([document, 'openapi_assistants.json'])(
    'serves the description of its API that it wrote to %s',
    async (file) => {
      const written: unknown = JSON.parse(readFileSync(join(machine.home, file), 'utf8'));
      expect(await (await fetch(`${server.url}/${file}`)).json()).toEqual(written);
      expect(written).toMatchObject({ openapi: '3.1.0' });
    },
  );

  it('describes the requests of its guide', async () => {
    const written = JSON.parse(readFileSync(join(machine.home, document), 'utf8')) as { paths: Record<string, object> };
    for (const path of ['/api/agents', '/api/agents/{agent_id}/messages', '/api/agents/message', '/admin/users']) {
      expect(written.paths[path]).toHaveProperty('post');
    }
  });

  it('shows pages of documentation that load nothing from another host', async () => {
    for (const path of ['/docs', '/redoc']) {
      const response = await fetch(`${server.url}${path}`);
      const page = await response.text();
      expect(response.status).toBe(200);
      expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
      const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
      expect(parts.length).toBeGreaterThan(2);
      for (const part of parts) expect((await fetch(new URL(part, server.url))).status, part).toBe(200);
    }
  });

  it.skipIf(!hasShell)(`answers every request of ${guide}, and keeps nothing of it`, async () => {
    const first = await runExample(guide, server.url);
    expect(first).toMatchObject({ status: 0, errors: '' });
    expect(first.out).toMatch(/Every request was answered as it used to be\.\n$/);
    expect(await runExample(guide, server.url)).toMatchObject({ status: 0 });
    expect((await server.ask('GET', '/api/agents')).json).toEqual({ num_agents: 0, agents: [] });
  });

  it.skipIf(!hasShell)(`makes ${guide} fail with a sentence where the password is wrong`, async () => {
    const outcome = await runExample(guide, server.url, 'wrong');
    expect(outcome.status).toBe(1);
    expect(outcome.errors).toMatch(
      /^Failed: The reply should begin with the state of the new agent.*Authentication error/,
    );
  });

  it.each(['first-conversation.mjs', 'several-users.mjs', 'assistant.mjs', 'files.mjs', 'leaving-openai.mjs'])(
    'carries %s to its end',
    async (example) => {
      expect(await runExample(example, server.url)).toMatchObject({ status: 0, errors: '' });
    },
  );

  it('holds the first conversation that the README shows, with the SDK and with curl', async () => {
    const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replaceAll(
      'http://localhost:8283',
      server.url,
    );
    const script = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
    const said: string[] = [];
    const run = new Function('OpenAI', 'console', `return (async () => {${script.replace(/^import .*$/m, '')}})();`);
    await (run as (...names: unknown[]) => Promise<void>)(OpenAI, { log: (text: string) => said.push(text) });
    expect(said.join()).toContain('Nice to meet you, Ines');
    const [create = '', send = ''] = (/```sh\n(curl .*?)```/s.exec(page)?.[1] ?? '').split('\n\n');
    if (!hasShell) return;
    const made = JSON.parse(execFileSync('bash', ['-c', `${create} --silent`], { encoding: 'utf8' })) as {
      agent_state: { id: string };
    };
    const told = execFileSync('bash', ['-c', `${send.trim().replace('<agent_id>', made.agent_state.id)} --silent`], {
      encoding: 'utf8',
    });
    expect(told).toMatch(/"assistant_message": "[^"]*Ines/);
    await server.ask('DELETE', `/api/agents/${made.agent_state.id}`);
  });

  it('makes an example in Node fail where the password is wrong', async () => {
    const outcome = await runExample('first-conversation.mjs', server.url, 'wrong');
    expect(outcome.status).toBe(1);
    expect(outcome.errors).toContain('POST /api/agents was answered with 403');
  });

  it('lists the options of the server command that its guide names', async () => {
    const help = await machine.run(['server', '--help'], { name }).ended;
    expect(help.status).toBe(0);
    for (const option of ['--use-ssl', '--port', '--host']) expect(help.out).toContain(option);
  });
});

describe('a server without MEMGPT_SERVER_PASS', wholeProgram, () => {
  it('prints the password it made for this session first, and that password opens the routes of the administrator', async () => {
    const machine = createMachine();
    try {
      const server = await startServer(machine, { name: 'letta', env: { MEMGPT_SERVER_PASS: '' } });
      const [, password = ''] =
        /^Generated admin server password for this session: (\S+)\n/.exec(server.command.out()) ?? [];
      expect(password).toMatch(/^[\w-]{22}$/);
      const users = (credential: string): Promise<Response> =>
        fetch(`${server.url}/admin/users`, { headers: { authorization: `Bearer ${credential}` } });
      expect((await users(password)).status).toBe(200);
      expect((await users(serverPassword)).status).toBe(401);
    } finally {
      await machine.finish();
    }
  });
});
