import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMachine, type Machine } from '../../cli/command-line.js';

const sample = fileURLToPath(new URL('../../../examples/openai-export', import.meta.url));

let machine: Machine;
beforeEach(() => {
  machine = createMachine();
});
afterEach(() => machine.finish());

it('the command takes in an export after a dry run that changed nothing, and tells of both', async () => {
  const dry = await machine.run(['import', 'openai', sample, '--dry-run']).ended;
  expect(dry).toMatchObject({ status: 0, errors: '' });
  expect(dry.out).toContain('message: 4 read, 4 would be new\n');
  const done = await machine.run(['import', 'openai', sample]).ended;
  expect(done).toMatchObject({ status: 0, errors: '' });
  expect(done.out).toContain('message: 4 read, 4 new\n');
  expect(done.out).toContain('The bytes of a file are not in the export');
}, 120_000);
