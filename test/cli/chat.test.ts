import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine, type Machine, wholeProgram } from './command-line.js';

let machine: Machine;

beforeEach(() => {
  machine = createMachine();
});

afterEach(async () => {
  await machine.finish();
});

const running = /Uvicorn running on (http:\/\/\S+:\d+)/;

describe('threadkeeper run', wholeProgram, () => {
  it('makes an agent, answers every line of a pipe, and the agent remembers at the next start', async () => {
    const first = await machine.run(['run', '--agent', 'Ines'], { input: 'My name is Oswald.\n/memory\n' }).ended;
    expect(first).toMatchObject({ status: 0, errors: '' });
    expect(first.out).toContain('Ines was made just now');
    expect(first.out).toMatch(/^Ines: \S/m);
    expect(first.out).toMatch(/^\* memory "human" changed/m);
    expect(first.out).toMatch(/^human \(\d+\/\d+\)\n[^]*Oswald/m);
    const second = await machine.run(['run', '--agent', 'Ines', '--no-stream'], { input: 'What is my name?\n' }).ended;
    expect(second.out).toContain('Ines remembers you');
    expect(second.out).toMatch(/^Ines: .*Oswald/m);
  });

  it('without a name takes the agent last spoken to', async () => {
    await machine.run(['run', '--agent', 'Ines'], { input: 'Hello.\n' }).ended;
    const again = await machine.run(['run', '--yes', '--model', 'x'], { input: '/exit\nnever said\n' }).ended;
    expect(again.status).toBe(0);
    expect(again.errors).toBe('Ines exists already: --model is for new agents and has no effect.\n');
    expect(again.out).toBe('Ines remembers you. One message per line; /help lists the commands.\n');
  });

  it('speaks through the server that serves the same home', async () => {
    const env = { MEMGPT_SERVER_PASS: 'p' };
    const server = machine.run(['server', '--port', '0'], { env });
    const url = (await server.untilPrinted(running))[1] ?? '';
    const talk = await machine.run(['run', '--agent', 'Ines'], { env, input: 'My name is Oswald.\n/memory\n' }).ended;
    expect(talk).toMatchObject({ status: 0, errors: '' });
    expect(talk.out).toMatch(/^Ines: \S/m);
    expect(talk.out).toMatch(/^human \(\d+\/\d+\)\n[^]*Oswald/m);
    const list = await fetch(`${url}/api/agents`, { headers: { authorization: 'Bearer p' } });
    expect(await list.text()).toContain('"Ines"');
    const stranger = await machine.run(['run'], { input: 'Hello.\n' }).ended;
    expect(stranger).toMatchObject({ status: 1, out: '' });
    expect(stranger.errors).toContain('set MEMGPT_SERVER_PASS');
  });

  it('knows its commands, and ends with status 0 when nothing was said', async () => {
    const talk = await machine.run(['run', '--agent', 'Ines'], { input: '/help\n/dance\n' }).ended;
    expect(talk.status).toBe(0);
    expect(talk.out).toContain('/memory');
    expect(talk.errors).toBe('There is no command /dance; /help lists them.\n');
  });
});
