import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from '../domain/errors.js';
import { read } from './catalogue.js';
import type { HttpClient } from './http-client.js';
import type { FileToLoad } from './load-files.js';
import { createLoadProgress, type LoadProgress } from './load-progress.js';
import type { Terminal } from './terminal.js';

/** Something to be read into a source. */
export interface Document {
  /** The name it gets. */
  name: string;
  /** How it is spoken of. */
  label: string;
  /** Its bytes. Throws an AppError where they cannot be had. */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** The source that documents are read into. */
export interface WantedSource {
  name: string;
  /** What a new source is about. */
  description?: string;
}

const namedSource = z.object({ id: z.string(), name: z.string() });
const job = z.object({
  id: z.string(),
  status: z.enum(['created', 'running', 'completed', 'failed', 'pending']),
  metadata_: z.object({
    progress: z.object({ unit: z.string(), done: z.number(), total: z.number() }),
    num_passages: z.number(),
    error: z.string().optional(),
    note: z.string().optional(),
  }),
});

type Job = z.infer<typeof job>;

const lookMs = 150;

/** A file of this machine as a document. */
export function documentOfFile({ path, label }: FileToLoad): Document {
  const cannotBeRead = (cause: unknown): AppError =>
    new AppError('invalid_request', `The file ${path} cannot be read.`, { cause });
  return {
    name: basename(path),
    label,
    open: async () => {
      const file = await open(path).catch((cause: unknown) => {
        throw cannotBeRead(cause);
      });
      if ((await file.stat()).isFile()) return file.createReadStream();
      await file.close();
      throw cannotBeRead(null);
    },
  };
}

/**
 * Reads documents into a source, which is made where it does not exist, and waits until each is read. Tells of every
 * document, of those that failed on standard error. The exit status: 1 where any failed.
 */
export async function load(
  client: HttpClient,
  source: WantedSource,
  documents: readonly Document[],
  terminal: Terminal,
): Promise<number> {
  const id = await sourceId(client, source);
  const progress = createLoadProgress(terminal, documents.length);
  const ends: (Job | null)[] = [];
  try {
    const sent: { document: Document; job: Job | null }[] = [];
    for (const document of documents) {
      progress.show(0, `sending ${document.label}`);
      sent.push({ document, job: await send(client, id, document, progress) });
    }
    // Files are read in the order in which they came, so the first that is not read yet is the one at hand.
    for (const { document, job: begun } of sent) {
      if (begun === null) ends.push(null);
      else ends.push(await finished(client, begun, (now) => progress.show(...placeOf(now, ends.length, document))));
      tell(document, ends.at(-1) ?? null, progress);
    }
  } finally {
    progress.end(ends.length === documents.length ? 'Loaded' : 'Broken off');
  }
  const whole = ends.filter((end) => end?.status === 'completed');
  const passages = whole.reduce((sum, end) => sum + (end?.metadata_.num_passages ?? 0), 0);
  const failed = ends.length - whole.length;
  terminal.print(
    `${inWords(whole.length, 'file')} with ${inWords(passages, 'passage')} loaded into the source ${source.name}` +
      `${failed === 0 ? '.' : `; ${failed} failed.`}`,
  );
  return failed === 0 ? 0 : 1;
}

async function sourceId(client: HttpClient, { name, description }: WantedSource): Promise<string> {
  const known = read(z.array(namedSource), await client.json('GET', '/v1/sources'));
  const found = known.find((source) => source.name === name);
  if (found !== undefined) return found.id;
  return read(namedSource, await client.json('POST', '/v1/sources', { name, description: description ?? null })).id;
}

/** Null, and told, where the document itself could not be taken; what would stop all of them is thrown. */
async function send(client: HttpClient, id: string, document: Document, progress: LoadProgress): Promise<Job | null> {
  try {
    const content = await document.open();
    return read(job, await client.upload(`/v1/sources/${id}/upload`, { name: document.name, content }));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid_request') throw error;
    progress.complain(`${document.label}: ${error.message}`);
    return null;
  }
}

async function finished(client: HttpClient, begun: Job, onLook: (job: Job) => void): Promise<Job> {
  for (let now = begun; ; now = read(job, await client.json('GET', `/v1/jobs/${begun.id}`))) {
    onLook(now);
    if (now.status === 'completed' || now.status === 'failed') return now;
    if (now !== begun) await sleep(lookMs);
  }
}

function placeOf({ metadata_: { progress } }: Job, filesDone: number, { label }: Document): [number, string] {
  const { unit, done, total } = progress;
  if (total === 0) return [filesDone, label];
  return [filesDone + Math.min(1, done / total), `${label}, ${done} of ${total} ${unit}`];
}

/** Says what came of a document that was sent. */
function tell({ label }: Document, end: Job | null, progress: LoadProgress): void {
  if (end === null) return;
  const { num_passages: passages, error, note } = end.metadata_;
  if (end.status === 'failed') progress.complain(`${label}: ${error ?? 'It could not be read.'}`);
  else progress.print(`${label}: ${inWords(passages, 'passage')}${note === undefined ? '' : ` (${note})`}`);
}

function inWords(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
