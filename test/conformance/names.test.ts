import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/*
 * The list of conformance has 47 items: 1 to 8 are the heartbeat protocol, 9 to 14 the native one, 15 to 20 rules and
 * approval of calls, 21 to 28 memory, 29 to 37 the window, 38 to 44 concurrency and recovery, 45 to 47 other programs.
 */
const items = Array.from({ length: 47 }, (_none, index) => `${index + 1}`);
const invariants = Array.from({ length: 32 }, (_none, index) => `I-${index + 1}`);

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The numbers with which names of tests in a folder begin: `12. `, `I-8: `, or one after the other. */
function numbersIn(folder: string): { items: string[]; invariants: string[] } {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const names = files
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => [
      ...readFileSync(join(root, folder, path), 'utf8').matchAll(/\(\s*['"`](?:(\d+)\. )?(?:(I-\d+): )?/gu),
    ]);
  const all = (group: 1 | 2): string[] => [...new Set(names.flatMap((name) => name[group] ?? []))];
  return { items: all(1), invariants: all(2) };
}

describe('what must hold', () => {
  it('has a test by the name of every invariant, and no test is named after one that is told nowhere', () => {
    const document = readFileSync(join(root, 'docs/invariants.md'), 'utf8');
    expect([...document.matchAll(/^\| (I-\d+) +\|/gmu)].map(([, number]) => number)).toEqual(invariants);
    const named = numbersIn('test').invariants;
    expect(invariants.filter((number) => !named.includes(number))).toEqual([]);
    expect(named.filter((number) => !invariants.includes(number))).toEqual([]);
  });

  it('is gone through item by item, and none is left out', () => {
    const named = numbersIn('test/conformance').items;
    expect(items.filter((number) => !named.includes(number))).toEqual([]);
    expect(named.filter((number) => !items.includes(number))).toEqual([]);
  });
});
