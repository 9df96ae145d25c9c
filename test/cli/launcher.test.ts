import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { wholeProgram } from './command-line.js';

const launcher = fileURLToPath(new URL('../../bin/threadkeeper.js', import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'launcher-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a command that nothing was built for yet builds the program first, and only then', wholeProgram, () => {
  mkdirSync(join(folder, 'bin'));
  copyFileSync(launcher, join(folder, 'bin', 'threadkeeper.js'));
  const build = `mkdir -p dist/cli && echo 'console.log(process.argv.slice(2).join(" "))' > dist/cli/main.js && echo noise`;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', scripts: { build } }));
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [join(folder, 'bin', 'threadkeeper.js'), ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  expect(run('run', '--agent', 'Ada')).toBe('run --agent Ada\n');
  expect(existsSync(join(folder, 'dist', 'cli', 'main.js'))).toBe(true);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', scripts: { build: 'exit 1' } }));
  expect(run('version')).toBe('version\n');
});
