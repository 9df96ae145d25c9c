import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** The version of the program, as its package says. */
export function programVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

/** The names under which the program may be started. */
export const programNames = ['threadkeeper', 'letta', 'memgpt'] as const;

/** One of the names. */
export type ProgramName = (typeof programNames)[number];

/** The name it was started under, by the path that was typed or linked; any other means its own. */
export function programNameOf(scriptPath: string): ProgramName {
  const name = basename(scriptPath).replace(/\.(c?js|ts|cmd|exe|ps1)$/i, '');
  return programNames.find((candidate) => candidate === name) ?? 'threadkeeper';
}
