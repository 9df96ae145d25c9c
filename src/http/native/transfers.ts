import { Readable } from 'node:stream';
import { z } from 'zod';
import { AppError } from '../../domain/errors.js';
import { readId } from '../../domain/ids.js';
import type { WantedImport } from '../../services/transfers.js';
import { callerOf, defineRoute, type Call, type CallBase, type Reply, type Route } from '../route.js';
import type { Frame } from '../sse.js';

const tag = 'admin';
const progressMs = 250;

const formatPath = z.object({ format: z.string() });
const importQuery = z.object({
  dry_run: z.stringbool().optional(),
  lenient: z.stringbool().optional(),
  stream: z.stringbool().optional(),
  user_id: z.string().optional(),
});
const importBody = z.union([z.object({ path: z.string().min(1) }), z.object({ url: z.string().min(1) })]);
const exportQuery = z.object({
  agent: z.string().optional(),
  thread: z.string().optional(),
  format: z.enum(['bundle', 'af']).default('bundle'),
  vectors: z.stringbool().default(false),
});

const report = z.looseObject({
  outcome: z.enum(['imported', 'would-import', 'refused']),
  format: z.string(),
  counts: z.record(z.string(), z.record(z.string(), z.number())),
  problems: z.array(z.looseObject({ severity: z.string(), why: z.string(), count: z.number() })),
});

type ImportCall = Call<z.infer<typeof formatPath>, z.infer<typeof importQuery>, unknown>;

const importPath = defineRoute({
  method: 'post',
  path: '/admin/import/{format}',
  summary:
    "Import an export that lies on the server's machine, or a database, in a format or in `auto`, which finds it out",
  tag,
  access: 'admin',
  params: formatPath,
  query: importQuery,
  body: importBody,
  response: report,
  streams: true,
  handle: (call) => importReply(call, { ...wishesOf(call), location: call.body }, () => Promise.resolve()),
});

const importUpload = defineRoute({
  method: 'post',
  path: '/admin/import/{format}/upload',
  summary: 'Import an export that is sent along, as the `file` of a form',
  tag,
  access: 'admin',
  params: formatPath,
  query: importQuery,
  form: z.object({ file: z.any() }),
  response: report,
  streams: true,
  handle: async (call) => {
    const { transfers } = call.services;
    const wishes = wishesOf(call);
    const { file } = await call.readForm('file', transfers);
    if (file === null) throw new AppError('invalid_request', 'The form holds no file.', { param: 'file' });
    const { received, name } = file;
    return importReply(call, { ...wishes, location: { received, name } }, () => transfers.discard(received));
  },
});

const exportAll = defineRoute({
  method: 'get',
  path: '/admin/export',
  summary: 'Export an agent, a thread, or everything, as a bundle of JSON lines; an agent also as an agent file',
  tag,
  access: 'admin',
  query: exportQuery,
  response: z.string(),
  handle: async (call) => {
    const { agent, thread, format } = call.query;
    if (format === 'af') return agentFileReply(call, agent);
    const scope =
      agent !== undefined
        ? ({ what: 'agent', id: readId('agent', agent) ?? agent } as const)
        : thread !== undefined
          ? ({ what: 'conversation', id: readId('conversation', thread) ?? thread } as const)
          : ({ what: 'everything' } as const);
    const lines = await call.services.transfers.export(callerOf(call), scope, call.query.vectors);
    const bytes: AsyncIterable<Uint8Array> = Readable.from(lines, { objectMode: false });
    return { bytes, headers: { 'content-type': 'application/x-ndjson; charset=utf-8' } };
  },
});

async function agentFileReply(call: CallBase, agent: string | undefined): Promise<Reply> {
  if (agent === undefined) throw new AppError('invalid_request', 'An agent file is of one agent.', { param: 'agent' });
  const text = await call.services.transfers.exportAgentFile(callerOf(call), readId('agent', agent) ?? agent);
  const bytes: AsyncIterable<Uint8Array> = Readable.from([Buffer.from(text)]);
  return { bytes, headers: { 'content-type': 'application/json; charset=utf-8' } };
}

const vectorsWaiting = defineRoute({
  method: 'get',
  path: '/admin/import/vectors',
  summary: 'How many texts wait for their vector, which are made one after another in the background',
  tag,
  access: 'admin',
  response: z.object({ model: z.string().nullable(), waiting: z.number() }),
  handle: async (call) => ({ json: await call.services.transfers.vectorsWaiting(callerOf(call)) }),
});

/** The routes that take things from server to server. */
export const transferRoutes: readonly Route[] = [importPath, importUpload, exportAll, vectorsWaiting];

/** How something is to be imported. Throws `not_found` for a format of no such name. */
function wishesOf({ params, query, services }: ImportCall): Omit<WantedImport, 'location'> {
  const { dry_run: isDryRun = false, lenient: isLenient = false, user_id: user } = query;
  const format = services.transfers.formatOf(params.format);
  return { format, userId: user === undefined ? null : (readId('user', user) ?? user), isDryRun, isLenient };
}

/** Imports and answers with the report: as JSON, or after a stream of how far it has come. */
async function importReply(call: ImportCall, wanted: WantedImport, end: () => Promise<void>): Promise<Reply> {
  const { transfers } = call.services;
  const start: Start = (onProgress) => transfers.import(callerOf(call), wanted, onProgress, call.signal).finally(end);
  return call.query.stream === true
    ? { frames: framesOf(start), lastWords: errorFrames }
    : { json: await start(() => undefined) };
}

type Start = (onProgress: (progress: object) => void) => Promise<object>;

/** How far an import has come, a few times a second, and its report at the end. */
async function* framesOf(start: Start): AsyncGenerator<Frame> {
  let progress: object | null = null;
  const report = start((now) => (progress = now));
  for (;;) {
    const waited = new Promise<null>((resolve) => setTimeout(() => resolve(null), progressMs));
    const done = await Promise.race([report, waited]);
    if (done !== null) {
      yield { event: 'report', data: JSON.stringify({ report: done }) };
      return;
    }
    if (progress !== null) yield { event: 'progress', data: JSON.stringify({ progress }) };
  }
}

function errorFrames(error: unknown): Frame[] {
  const message = error instanceof AppError ? error.message : 'Something went wrong here.';
  return [{ event: 'error', data: JSON.stringify({ error: message }) }];
}
