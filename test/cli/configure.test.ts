import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine, type Machine, type Outcome, wholeProgram } from './command-line.js';

let machine: Machine;

beforeEach(() => {
  machine = createMachine();
});

afterEach(async () => {
  await machine.finish();
});

function run(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  return machine.run(args, { env }).ended;
}

function written(): unknown {
  return JSON.parse(readFileSync(join(machine.home, 'config.json'), 'utf8'));
}

describe('threadkeeper configure', wholeProgram, () => {
  it('writes the provider chosen by flags at the head of the file, readable by its owner alone', async () => {
    const flags = ['--api-key', 'sk-mine', '--model', 'gpt-4o', '--context-window', '64000'];
    const first = await run(['configure', '--provider', 'openai', ...flags]);
    expect(first).toEqual({ status: 0, out: `Saved to ${join(machine.home, 'config.json')}\n`, errors: '' });
    await run(['configure', '--provider', 'ollama', '--model', 'llama3.1', '--non-interactive']);
    expect(written()).toEqual({
      defaultModel: 'ollama/llama3.1',
      embeddingModel: null,
      providers: [
        { name: 'ollama', kind: 'openai', baseUrl: 'http://localhost:11434/v1', apiKey: null },
        { name: 'openai', kind: 'openai', baseUrl: null, apiKey: 'sk-mine', contextWindow: 64_000 },
      ],
    });
    expect(statSync(join(machine.home, 'config.json')).mode & 0o777).toBe(0o600);
  });

  it('takes a provider nobody has heard of by its address', async () => {
    await run(['configure', '--provider', 'mine', '--base-url', 'box:9000', '--model', 'm']);
    expect(written()).toMatchObject({
      defaultModel: 'mine/m',
      providers: [{ name: 'mine', kind: 'openai', baseUrl: 'http://box:9000/v1' }],
    });
  });

  it.each([
    [[], 'Name a provider with --provider'],
    [['--provider', 'mine'], 'needs an address'],
    [['--provider', 'azure'], 'needs an address'],
    [['--provider', 'my provider', '--base-url', 'http://x'], 'is named by letters'],
    [['--provider', 'openai', '--base-url', 'ftp://x'], 'must be an http or https URL'],
    [['--provider', 'openai', '--context-window', 'big'], 'must be a whole number'],
  ])('with %j asks nothing of a pipe and tells what is wrong', async (flags, sentence) => {
    const outcome = await run(['configure', ...flags]);
    expect(outcome.status).toBe(1);
    expect(outcome.errors).toContain(sentence);
    expect(() => written()).toThrow('ENOENT');
  });
});

describe('threadkeeper quickstart', wholeProgram, () => {
  it.each([
    ['openai', 'openai/gpt-4o-mini', 'openai/text-embedding-3-small'],
    ['ollama', null, null],
    ['lmstudio', null, null],
    ['vllm', null, null],
    ['memgpt', 'offline/demo', null],
    ['letta', 'offline/demo', null],
    ['offline', 'offline/demo', null],
  ])('--backend %s needs no question', async (backend, defaultModel, embeddingModel) => {
    const outcome = await run(['quickstart', '--backend', backend]);
    expect(outcome).toMatchObject({ status: 0, errors: '' });
    expect(written()).toMatchObject({ defaultModel, embeddingModel });
  });

  it('without a back end takes the one whose variable is set, and keeps its key out of the file', async () => {
    await run(['quickstart'], { OPENAI_API_KEY: 'sk-from-variable' });
    expect(written()).toMatchObject({ providers: [{ name: 'openai', apiKey: null }] });
    await run(['quickstart', '--latest', '--no-terminal']);
    expect(written()).toMatchObject({ defaultModel: 'openai/gpt-4o-mini' });
  });
});

describe('threadkeeper version', () => {
  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await run(['version'])).toEqual({ status: 0, out: `${version}\n`, errors: '' });
  });
});
