import { createReadStream, existsSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '../config.js';
import { AppError } from '../domain/errors.js';
import { read } from './catalogue.js';
import type { HttpClient } from './http-client.js';
import { createLoadProgress } from './load-progress.js';
import type { Terminal } from './terminal.js';
import { followVectors } from './vectors-progress.js';

/** The flags of the command. */
export interface ImportFlags {
  user?: string;
  dryRun?: boolean;
  lenient?: boolean;
  report?: string;
}

/** What is to be imported. */
export interface WantedImport {
  /** The name of a format, or `auto`. */
  format: string;
  source: string;
  flags: ImportFlags;
}

const place = z.object({ file: z.string(), line: z.number().nullable(), at: z.string().nullable() });
const report = z.looseObject({
  outcome: z.enum(['imported', 'would-import', 'refused']),
  format: z.string(),
  counts: z.record(
    z.string(),
    z.object({
      read: z.number(),
      created: z.number(),
      present: z.number(),
      different: z.number(),
      leftOut: z.number(),
    }),
  ),
  problems: z.array(z.object({ severity: z.string(), why: z.string(), count: z.number(), places: z.array(place) })),
  unlisted: z.number(),
  resumedAt: z.number(),
});
const word = z.union([
  z.object({ report }),
  z.object({ error: z.string() }),
  z.object({ progress: z.object({ phase: z.string(), done: z.number(), total: z.number().nullable() }) }),
]);

type Report = z.infer<typeof report>;

/** What the formats are called, for people. */
const words: Readonly<Record<string, string>> = {
  bundle: 'a bundle (bundle)',
  letta: "a server's data of MemGPT or Letta (letta)",
  af: 'an agent file (af)',
  openai: 'what was saved of the Assistants API (openai)',
};

/** Places of a problem that are told; the report as JSON has more. */
const placesTold = 3;

/**
 * Imports through a server: from where the source lies, where that server is on this machine, else by sending the file.
 * Tells the report. The exit status: 1 where nothing was imported since the source is broken.
 */
export async function importExport(client: HttpClient, wanted: WantedImport, terminal: Terminal): Promise<number> {
  const { flags } = wanted;
  const done = await imported(client, wanted, terminal);
  if (wanted.format === 'auto') terminal.print(`Read as ${words[done.format] ?? done.format}.`);
  if (flags.report !== undefined) writeFileSync(flags.report, `${JSON.stringify(done, null, 2)}\n`, { mode: 0o600 });
  for (const line of linesOf(done)) terminal.print(line);
  if (done.outcome === 'imported') await followVectors(client, terminal);
  if (done.outcome !== 'refused') return 0;
  terminal.complain('The source is damaged, and nothing was imported. With --lenient, what can be read is.');
  return 1;
}

async function imported(
  client: HttpClient,
  { format, source, flags }: WantedImport,
  terminal: Terminal,
): Promise<Report> {
  const query = new URLSearchParams({
    ...(flags.user === undefined ? {} : { user_id: flags.user }),
    ...(flags.dryRun === true ? { dry_run: 'true' } : {}),
    ...(flags.lenient === true ? { lenient: 'true' } : {}),
  });
  const path = `/admin/import/${encodeURIComponent(format)}`;
  const isAddress = /^[a-z][a-z\d+]*:\/\//iu.test(source);
  if (!isAddress && !existsSync(source)) throw new AppError('invalid_request', `There is nothing at ${source}.`);
  const isElsewhere = loadConfig({ refuseOwnUpstream: false }).serverUrl !== null;
  if (isElsewhere && !isAddress) {
    const file = { name: basename(source), content: createReadStream(source) };
    return read(report, await client.upload(`${path}/upload?${query.toString()}`, file));
  }
  query.set('stream', 'true');
  const body = isAddress ? { url: source } : { path: resolve(source) };
  return followed(client, { path: `${path}?${query.toString()}`, body }, terminal);
}

async function followed(
  client: HttpClient,
  { path, body }: { path: string; body: object },
  terminal: Terminal,
): Promise<Report> {
  const bar = createLoadProgress(terminal, 1, 'Importing');
  let isWhole = false;
  try {
    for await (const text of client.events(path, body, new AbortController().signal)) {
      const told = read(word, JSON.parse(text));
      if ('error' in told) throw new AppError('invalid_request', told.error);
      if ('report' in told) {
        isWhole = true;
        return told.report;
      }
      const { phase, done, total } = told.progress;
      const share = total === null || total === 0 ? 0 : Math.min(1, done / total);
      bar.show(share, `${phase} ${done}${total === null ? '' : ` of ${total}`}`);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw brokenOff(cause);
  } finally {
    bar.end(isWhole ? 'Imported' : 'Broken off');
  }
  throw brokenOff();
}

function brokenOff(cause?: unknown): AppError {
  const message = 'The server broke off; the same command goes on where it stopped.';
  return new AppError('unavailable', message, { cause });
}

/** A report for people. */
function* linesOf({ outcome, counts, problems, unlisted, resumedAt }: Report): Generator<string> {
  if (resumedAt > 0) yield `Went on after ${resumedAt} records that were imported before.`;
  for (const [kind, { read: all, created, present, different, leftOut }] of Object.entries(counts)) {
    const facts = [
      outcome === 'refused' ? '' : `${created} ${outcome === 'imported' ? 'new' : 'would be new'}`,
      present > 0 ? `${present} here already` : '',
      different > 0 ? `${different} here already with another content, and kept` : '',
      leftOut > 0 ? `${leftOut} left out` : '',
    ].filter((fact) => fact !== '');
    yield `${kind}: ${all} read${facts.map((fact) => `, ${fact}`).join('')}`;
  }
  for (const { severity, why, count, places } of problems) {
    const told = places.slice(0, placesTold).map(({ file, line, at }) => {
      return [file, line === null ? null : `line ${line}`, at].filter((part) => part !== null).join(', ');
    });
    yield `${severity} (${count}): ${why} ${told.join('; ')}${count > told.length ? '; …' : ''}`;
  }
  if (unlisted > 0) yield `${unlisted} more problems are not listed.`;
}
