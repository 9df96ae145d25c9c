#!/usr/bin/env node
// What `npx threadkeeper` and the installed commands start. It is here before anything is built, as npm looks for it when
// it links the commands; a clone that was not built yet is built with the first of them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = new URL('../dist/cli/main.js', import.meta.url);

if (!existsSync(program)) {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  // Standard output is the command's own.
  const { status } = spawnSync('npm run --silent build', { cwd, stdio: ['ignore', 2, 2], shell: true });
  if (status !== 0) process.exit(1);
}
await import(program.href);
