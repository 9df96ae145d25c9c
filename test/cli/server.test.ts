import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine, takenPort, type Machine, type RunOptions, type Running, wholeProgram } from './command-line.js';

let machine: Machine;

beforeEach(() => {
  machine = createMachine();
});

afterEach(async () => {
  await machine.finish();
});

const headers = { authorization: 'Bearer p', 'content-type': 'application/json' };
const running = /Uvicorn running on (https?:\/\/\S+:\d+) \(Press CTRL\+C to quit\)/;

async function start(options: RunOptions = {}, flags: string[] = []): Promise<{ server: Running; url: string }> {
  const server = machine.run(['server', '--port', '0', ...flags], options);
  const match = await server.untilPrinted(running);
  return { server, url: match[1] ?? '' };
}

/** A server whose agent has been told something and will not answer for ten minutes. */
async function startBusy(): Promise<{ server: Running; agentId: string }> {
  const env = { MEMGPT_SERVER_PASS: 'p', THREADKEEPER_DEMO_LATENCY_MS: '600000' };
  const { server, url } = await start({ env });
  const made = await fetch(`${url}/api/agents`, { method: 'POST', headers, body: '{"config":{"name":"Ines"}}' });
  const { agent_state: agent } = (await made.json()) as { agent_state: { id: string } };
  const body = JSON.stringify({ message: 'My name is Oswald.', stream: true });
  await fetch(`${url}/api/agents/${agent.id}/messages`, { method: 'POST', headers, body });
  return { server, agentId: agent.id };
}

async function stop(server: Running): Promise<number | null> {
  server.signal('SIGTERM');
  return (await server.ended).status;
}

describe('threadkeeper server', wholeProgram, () => {
  it.each([
    ['threadkeeper', 'openapi_letta.json'],
    ['letta', 'openapi_letta.json'],
    ['memgpt', 'openapi_memgpt.json'],
  ] as const)('started as %s prints the start-up lines in their order and writes %s', async (name, document) => {
    const { server, url } = await start({ name });
    await server.untilPrinted(/No model is configured.*\n/);
    const lines = server.out().trimEnd().split('\n');
    expect(
      lines.map((line) => line.replace(/\[\d+\]|:\d+ /, (text) => (text.startsWith('[') ? '[pid]' : ' '))),
    ).toEqual([
      expect.stringMatching(/^Generated admin server password for this session: [\w-]{22}$/),
      'INFO:     Started server process [pid]',
      'INFO:     Waiting for application startup.',
      `Writing out ${document} file`,
      'Writing out openapi_assistants.json file',
      'INFO:     Application startup complete.',
      'INFO:     Uvicorn running on http://localhost (Press CTRL+C to quit)',
      `Data: ${machine.home}`,
      expect.stringContaining('stand-in'),
    ]);
    for (const file of [document, 'openapi_assistants.json']) {
      expect(JSON.parse(readFileSync(join(machine.home, file), 'utf8'))).toHaveProperty('openapi');
    }
    const password = lines[0]?.split(': ')[1] ?? '';
    const answer = await fetch(`${url}/api/agents`, { headers: { authorization: `Bearer ${password}` } });
    expect(answer.status).toBe(200);
  });

  it('takes the password from MEMGPT_SERVER_PASS and never prints it', async () => {
    const { server, url } = await start({ env: { MEMGPT_SERVER_PASS: 'ilovellms' } });
    expect(server.out()).toMatch(/^Using existing admin server password from environment\.\n/);
    const answer = await fetch(`${url}/admin/users`, { headers: { authorization: 'Bearer ilovellms' } });
    expect(answer.status).toBe(200);
    await stop(server);
    expect(server.out() + server.errors()).not.toContain('ilovellms');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with status 0 at %s, and its data is there at the next start',
    async (name) => {
      const env = { MEMGPT_SERVER_PASS: 'p' };
      const headers = { authorization: 'Bearer p', 'content-type': 'application/json' };
      const first = await start({ env });
      const body = JSON.stringify({ config: { name: 'Ines' } });
      expect((await fetch(`${first.url}/api/agents`, { method: 'POST', headers, body })).status).toBe(200);
      first.server.signal(name);
      const outcome = await first.server.ended;
      expect(outcome.status).toBe(0);
      expect(outcome.out).toMatch(/Terminating the server\.\.\.\n$/);
      const second = await start({ env });
      const list = await (await fetch(`${second.url}/api/agents`, { headers })).text();
      expect(list).toContain('"Ines"');
    },
  );

  it('hands back an answer that takes too long, and the next start makes it', { timeout: 60_000 }, async () => {
    const { server, agentId } = await startBusy();
    expect(await stop(server)).toBe(0);
    expect(server.out()).toMatch(/Terminating the server\.\.\.\n$/);
    const next = await start({ env: { MEMGPT_SERVER_PASS: 'p' } });
    const url = `${next.url}/api/agents/${agentId}/messages?start=0&count=100`;
    let history = '';
    while (!/"send_message","arguments":"[^}]*Oswald/.test(history)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      history = await (await fetch(url, { headers })).text();
    }
    expect(history.split('My name is Oswald.')).toHaveLength(2);
  });

  it('ends at once at a second signal, though an answer is still being made', async () => {
    const { server } = await startBusy();
    server.signal('SIGTERM');
    await server.untilPrinted(/Terminating the server\.\.\.\n/);
    server.signal('SIGTERM');
    expect((await server.ended).status).toBe(143);
  });

  it('tells in one sentence that its port is in use', async () => {
    const { port, release } = await takenPort();
    const outcome = await machine.run(['server', '--host', '127.0.0.1', '--port', String(port)]).ended;
    await release();
    expect(outcome).toEqual({
      status: 1,
      out: '',
      errors: `The server cannot listen: port ${port} on 127.0.0.1 is in use; choose another with --port.\n`,
    });
  });

  it('refuses a folder that another process serves, in one sentence', async () => {
    await start();
    const outcome = await machine.run(['server', '--port', '0']).ended;
    expect(outcome.status).toBe(1);
    expect(outcome.out).toBe('');
    expect(outcome.errors.trimEnd().split('\n')).toHaveLength(1);
    expect(outcome.errors).toContain(machine.home);
  });

  it.each([
    [['server', '--use-ssl', '--ssl-cert', '/c.pem'], {}, 'without its key'],
    [['server', '--use-ssl', '--ssl-cert', '/c.pem', '--ssl-key', '/k.pem'], {}, '/c.pem does not exist'],
    [['server', '--database', 'mysql://root:secret@x/y'], {}, 'The database must be'],
    [['server'], { OPENAI_BASE_URL: 'http://localhost:8283/v1' }, 'is this very server'],
    [['server'], { THREADKEEPER_PORT: 'x' }, 'THREADKEEPER_PORT must be'],
    [['server', '--port', 'x'], {}, 'It must be a whole number'],
    [['server', '--type', 'websocket'], {}, 'rest'],
  ])('started as %j with %j tells what is wrong and ends', async (args, env, sentence) => {
    const outcome = await machine.run(args, { env }).ended;
    expect(outcome).toMatchObject({ status: 1, out: '' });
    expect(outcome.errors).toContain(sentence);
    expect(outcome.errors).not.toMatch(/secret|\n\s+at /);
  });

  it('lists its options', async () => {
    const outcome = await machine.run(['server', '--help'], { name: 'letta' }).ended;
    expect(outcome.status).toBe(0);
    expect(outcome.out).toContain('Usage: letta server');
    for (const flag of ['--port', '--host', '--use-ssl', '--ssl-cert', '--ssl-key', '--database', '--debug']) {
      expect(outcome.out).toContain(flag);
    }
  });
});

describe('threadkeeper server --use-ssl', wholeProgram, () => {
  it('makes a certificate that clients accept, and uses the same one at the next start', async () => {
    const certPath = join(machine.home, 'tls', 'selfsigned.crt');
    const keyPath = join(machine.home, 'tls', 'selfsigned.key');
    const first = await start({}, ['--use-ssl']);
    expect(first.url).toMatch(/^https:/);
    expect(first.server.out()).toContain(`Running server with self-signed SSL cert: ${certPath}, ${keyPath}\n`);
    expect(statSync(keyPath).mode & 0o777).toBe(0o600);
    const ca = readFileSync(certPath, 'utf8');
    expect(await statusOf(`${first.url}/health`, ca)).toBe(200);
    await stop(first.server);
    const second = await start({}, ['--use-ssl']);
    expect(readFileSync(certPath, 'utf8')).toBe(ca);
    expect(await statusOf(`${second.url}/health`, ca)).toBe(200);
  });

  it('shows the certificate it is given', async () => {
    const made = await start({}, ['--use-ssl']);
    await stop(made.server);
    const [certPath, keyPath] = ['mine.crt', 'mine.key'].map((name) => join(machine.home, name)) as [string, string];
    writeFileSync(certPath, readFileSync(join(machine.home, 'tls', 'selfsigned.crt')));
    writeFileSync(keyPath, readFileSync(join(machine.home, 'tls', 'selfsigned.key')));
    const { server, url } = await start({}, ['--use-ssl', '--ssl-cert', certPath, '--ssl-key', keyPath]);
    expect(server.out()).toContain(`Running server with provided SSL cert: ${certPath}, ${keyPath}\n`);
    expect(await statusOf(`${url}/health`, readFileSync(certPath, 'utf8'))).toBe(200);
  });
});

function statusOf(url: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { ca }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}
