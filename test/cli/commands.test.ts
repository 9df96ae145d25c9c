import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.js';

const terminal = {
  input: Readable.from([]),
  interactive: false,
  write: () => undefined,
  print: () => undefined,
  pour: () => Promise.resolve(),
  flushed: () => Promise.resolve(),
  complain: () => undefined,
  dim: (text: string) => text,
  bold: (text: string) => text,
};

describe('docs/commands.md', () => {
  it('lists the commands that there are, and no others', () => {
    const program = createProgram({ name: 'threadkeeper', terminal, onExit: () => undefined });
    const rows = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8').matchAll(
      /^\| `([^`]+)` \|/gm,
    );
    const listed = [...rows].map((row) => (row[1] ?? '').replaceAll(/ (?:<[^>]+>|\[[^\]]+\])/g, ''));
    expect(listed.toSorted()).toEqual(leavesOf(program, []).toSorted());
  });
});

/** The commands that do something, by the words that are typed for them. */
function leavesOf(command: Command, path: string[]): string[] {
  if (command.commands.length === 0) return [path.join(' ')];
  return command.commands.flatMap((inner) => leavesOf(inner, [...path, inner.name()]));
}
