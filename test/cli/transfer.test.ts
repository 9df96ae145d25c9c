import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine, type Machine, type Outcome } from './command-line.js';

let machine: Machine;
let other: Machine;

beforeEach(() => {
  machine = createMachine();
  other = createMachine();
});
afterEach(() => Promise.all([machine.finish(), other.finish()]));

const on = (which: Machine, ...args: string[]): Promise<Outcome> => which.run(args).ended;

describe('export and import', () => {
  it('take a source to another machine, which gives the same bundle again', async () => {
    await on(machine, 'load', 'text', '--name', 'ports', '--text', 'Brest has nine cranes.');
    const bundle = join(dirname(other.home), 'all.jsonl');
    expect((await on(machine, 'export', '--all', '--out', bundle)).status).toBe(0);
    const dry = await on(other, 'import', 'bundle', bundle, '--dry-run');
    expect(dry).toMatchObject({ status: 0, errors: '' });
    expect(dry.out).toContain('library-passage: 1 read, 1 would be new\n');
    expect((await on(other, 'list', 'sources')).out).not.toContain('ports');
    expect((await on(other, 'import', 'bundle', bundle)).out).toContain('library-passage: 1 read, 1 new\n');
    expect((await on(other, 'list', 'sources')).out).toBe('ports  files: 1  passages: 1\n');
    expect((await on(other, 'export', '--all')).out).toBe(readFileSync(bundle, 'utf8'));
  }, 120_000);

  it('write the whole bundle to a reader that takes its time, and every letter as it is', async () => {
    const text = 'Größe, 港, 🚢. '.repeat(30_000);
    await machine.run(['load', 'text', '--name', 'ports'], { input: text }).ended;
    const bundle = join(dirname(machine.home), 'all.jsonl');
    await on(machine, 'export', '--all', '--out', bundle);
    const slowly = `threadkeeper export --all | (sleep 1; cat)`;
    const env = { HOME: dirname(machine.home), PATH: `${machine.programs}:${process.env.PATH}` };
    const piped = execFileSync('sh', ['-c', slowly], { env, encoding: 'utf8', maxBuffer: 1e8 });
    expect(piped).toContain('Größe, 港, 🚢.');
    expect(piped).toBe(readFileSync(bundle, 'utf8'));
  }, 60_000);

  it('refuse a bundle that was cut short, name where, and change nothing', async () => {
    const bundle = join(dirname(other.home), 'cut.jsonl');
    const report = join(dirname(other.home), 'report.json');
    const template = { id: 'pirate', label: 'persona', name: 'pirate', value: 'Arr.', charsMax: 99, description: null };
    const value = { ...template, offered: true, metadata: {}, createdAt: 1, updatedAt: 1 };
    const lines = [
      { format: 'threadkeeper-bundle', version: 1 },
      { kind: 'template', value },
      { kind: 'end', lines: 3 },
    ];
    writeFileSync(
      bundle,
      lines
        .map((line) => JSON.stringify(line))
        .join('\n')
        .slice(0, -10),
    );
    const outcome = await on(other, 'import', 'bundle', bundle, '--report', report);
    expect(outcome.status).toBe(1);
    expect(outcome.out).toMatch(/^broken \(1\): This line is no JSON\. cut\.jsonl, line 3$/m);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ outcome: 'refused' });
    expect((await on(other, 'list', 'personas')).out).not.toContain('pirate');
  }, 60_000);
});
