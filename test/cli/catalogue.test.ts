import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine, type Machine, type Outcome, wholeProgram } from './command-line.js';

let machine: Machine;
let folder: string;

beforeEach(() => {
  machine = createMachine();
  folder = mkdtempSync(join(tmpdir(), 'texts-'));
});
afterEach(async () => {
  await machine.finish();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]): Promise<Outcome> => machine.run(args, { name: 'letta' }).ended;
const running = /Uvicorn running on (http:\/\/\S+:\d+)/;

describe('the commands for what a server keeps', wholeProgram, () => {
  it('add, list and delete humans and personas, from a text or a file', async () => {
    const file = join(folder, 'pilot.txt');
    writeFileSync(file, 'I know every harbour.');
    expect(await run('add', 'persona', '--name', 'pilot', '-f', file)).toMatchObject({
      status: 0,
      out: 'The persona pilot is kept.\n',
      errors: '',
    });
    expect((await run('list', 'personas')).out).toMatch(/^sam_pov .*\n[^]*^pilot +I know every harbour\.$/m);
    await run('add', 'persona', '--name', 'pilot', '--text', 'I changed my mind.');
    expect((await run('list', 'personas')).out).toMatch(/^pilot +I changed my mind\.$/m);
    expect((await run('delete', 'persona', 'pilot')).status).toBe(0);
    expect((await run('list', 'personas')).out).not.toContain('pilot');
    const again = await run('delete', 'persona', 'pilot');
    expect([again.status, again.errors]).toEqual([1, 'The server answered 404: Persona not found\n']);
    const textless = await run('add', 'human', '--name', 'x');
    expect([textless.status, textless.errors]).toEqual([1, 'Give the text with --text, or a file with -f.\n']);
  });

  it('list agents, presets and tools, keep a tool, and delete an agent', async () => {
    await machine.run(['run', '--agent', 'Ines'], { input: 'Hello.\n' }).ended;
    expect((await run('list', 'agents')).out).toMatch(/^Ines {2}[0-9a-f-]{36}/);
    expect((await run('list', 'presets')).out).toContain('memgpt_chat');
    const source = join(folder, 'tide.py');
    writeFileSync(source, 'def tide(day: int):\n    """Tells the tide."""\n');
    expect((await run('add-tool', '--filename', source, '--tags', 'sea')).out).toContain('The tool tide is kept.');
    expect((await run('add-tool', '--filename', source, '--no-update')).status).toBe(1);
    expect((await run('list-tools')).out).toMatch(/^tide +Tells the tide\.$/m);
    expect((await run('delete', 'tool', 'tide')).status).toBe(0);
    expect((await run('delete-agent', '--agent-name', 'Ines')).out).toBe('The agent Ines is deleted.\n');
    expect((await run('list', 'agents')).out).toBe('There are no agents.\n');
    expect((await run('delete', 'agent', 'Ines')).errors).toBe("There is no agent named 'Ines'.\n");
  });

  it('make users and keys that open the server, also while it runs', async () => {
    const env = { MEMGPT_SERVER_PASS: 'p' };
    const made = await run('users', 'create', '--name', 'Ines');
    const id = /^User (user-\S+) \(Ines\)$/m.exec(made.out)?.[1] ?? '';
    const first = /^Key {2}(sk-[0-9a-f]{48})$/m.exec(made.out)?.[1] ?? '';
    expect((await run('list', 'users')).out).toContain(`${id}  Ines`);

    const server = machine.run(['server', '--port', '0'], { env });
    const url = (await server.untilPrinted(running))[1] ?? '';
    const status = async (key: string): Promise<number> =>
      (await fetch(`${url}/api/agents`, { headers: { authorization: `Bearer ${key}` } })).status;
    expect(await status(first)).toBe(200);
    const command = (...args: string[]): Promise<Outcome> => machine.run(args, { env }).ended;
    const second = (await command('keys', 'create', '--user-id', id, '--name', 'laptop')).out.trim();
    expect(await status(second)).toBe(200);
    const list = (await command('keys', 'list', '--user-id', id)).out;
    expect(list).not.toContain(second);
    const keyId = /^(\S+) .*laptop$/m.exec(list)?.[1] ?? '';
    expect((await command('keys', 'delete', keyId)).status).toBe(0);
    expect(await status(second)).toBe(403);
    expect((await command('users', 'delete', id)).status).toBe(0);
    expect(await status(first)).toBe(403);
    expect((await run('users', 'list')).errors).toContain('set MEMGPT_SERVER_PASS');
  });

  it('folder prints where the data lie', async () => {
    expect((await run('folder')).out).toBe(`${machine.home}\n`);
  });
});
