import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../domain/clock.js';
import { newId } from '../domain/ids.js';
import type { TransferMark } from '../store/transfer.js';
import type { Store } from '../store/store.js';
import type { TransferFormat } from './formats.js';
import { gatherFiles } from './gather.js';
import { createImporter } from './importer.js';
import type { ReaderSource } from './reader.js';
import { readInThread, recogniseInThread } from './reader-thread.js';
import type { Problem, TransferRecord } from './record.js';
import { ReportBuilder, type TransferReport } from './report.js';
import { canonicalId } from './settle.js';
import { createVectorJudge, plainModel, type VectorMaker } from './vectors.js';

/** What is to be imported, and how. */
export interface ImportOrder {
  /** What the source is written in; `auto` to find it out. */
  format: TransferFormat | 'auto';
  /** A file or folder of this machine, with the name that a file goes by, or the address of a database. */
  location: { path: string; name?: string } | { url: string };
  /** Whose what has no owner in the source becomes. */
  userId: string;
  /** True where everything becomes that user's, whoever owns it in the source. */
  isOneOwner: boolean;
  /** Finds out what would be done, and writes nothing. */
  isDryRun: boolean;
  /** Imports what can be read of a source that is broken. */
  isLenient: boolean;
}

/** An order of which the format is known. */
type KnownOrder = ImportOrder & { format: TransferFormat };

/** How far an import has come. */
export interface ImportProgress {
  phase: 'checking' | 'importing';
  /** Records dealt with in this phase, and all of them where that is known. */
  done: number;
  total: number | null;
}

/** What an import is carried out with. */
export interface ImportParts {
  store: Store;
  clock: Clock;
  /** Takes over the bytes of a file of this machine, for good. */
  takeBytes(path: string): Promise<{ sha256: string; bytes: number }>;
  /** Who makes the vectors here; absent or null where nobody does, and those of other servers have no use. */
  vectorMaker?: VectorMaker | null;
  onProgress(progress: ImportProgress): void;
}

/** Batches after which it is noted how far an import has come. */
const batchesPerMark = 8;

/**
 * Imports a source: once through it to see that it is whole, and once more to take it in. A broken source changes
 * nothing. What was interrupted goes on where it stopped when the same is asked for again; what is here already stays
 * as it is. Throws an AppError where nothing can be read at all, and the signal's reason where it is aborted.
 */
export async function importSource(
  wanted: ImportOrder,
  parts: ImportParts,
  signal: AbortSignal,
): Promise<TransferReport> {
  const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-import-'));
  try {
    const source = await openSource(wanted, folder, parts.vectorMaker ?? null);
    const format = wanted.format === 'auto' ? await recogniseInThread(source, signal) : wanted.format;
    const order = { ...wanted, format };
    if (order.isDryRun) return await takeIn(order, parts, { source, mark: null, total: null }, signal);
    const { report, total } = await check(order, parts, source, signal);
    if (report.isBroken && !order.isLenient) return report.build('refused', 0);
    const fingerprint = fingerprintOf(order, source);
    const mark = (await parts.store.transfers.unfinished(fingerprint)) ?? newMark(fingerprint, parts.clock.now());
    return await takeIn(order, parts, { source, mark, total }, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads everything once, and takes in nothing. */
async function check(
  { format }: KnownOrder,
  { onProgress }: ImportParts,
  source: ReaderSource,
  signal: AbortSignal,
): Promise<{ report: ReportBuilder; total: number }> {
  const report = new ReportBuilder(format);
  let total = 0;
  for await (const items of readInThread({ format, source }, signal)) {
    for (const item of items) {
      if (item.kind === 'problem') report.note(item);
      else report.count(item.kind, 'read');
    }
    total += items.length;
    onProgress({ phase: 'checking', done: total, total: null });
  }
  return { report, total };
}

/** Reads everything and takes it in, from where the mark stands; without a mark it only finds out what would be done. */
async function takeIn(
  order: KnownOrder,
  { store, clock, takeBytes, vectorMaker = null, onProgress }: ImportParts,
  { source, mark, total }: { source: ReaderSource; mark: TransferMark | null; total: number | null },
  signal: AbortSignal,
): Promise<TransferReport> {
  const resumedAt = mark?.position ?? 0;
  const report = new ReportBuilder(order.format, resumedAt > 0 ? (mark?.report as TransferReport) : null);
  const ownerOf = (record: TransferRecord): string => ownerIn(order, record);
  const importer = createImporter({ store, ownerOf, isDryRun: order.isDryRun, report, takeBytes });
  // A bundle is of this program, and names its vectors as it keeps them.
  const judged = order.format === 'bundle' ? null : createVectorJudge(vectorMaker, report);
  const leave = async (position: number, endedAt: number | null): Promise<void> => {
    if (mark === null) return;
    const state = { position, report: report.build('imported', resumedAt), updatedAt: clock.now(), endedAt };
    await store.transfers.mark({ ...mark, ...state });
  };
  let done = 0;
  let batches = 0;
  for await (const items of readInThread({ format: order.format, source }, signal)) {
    const fresh = items.slice(Math.max(0, resumedAt - done));
    await importer.pass(items.slice(0, items.length - fresh.length).filter(isRecord));
    for (const item of fresh) if (item.kind === 'problem') report.note(item);
    const records = fresh.filter(isRecord);
    await importer.take(judged === null ? records : await judged(records));
    done += items.length;
    batches += 1;
    if (fresh.length > 0 && batches % batchesPerMark === 0) await leave(done, null);
    onProgress({ phase: 'importing', done, total });
  }
  await leave(done, clock.now());
  return report.build(order.isDryRun ? 'would-import' : 'imported', resumedAt);
}

function isRecord(item: TransferRecord | Problem): item is TransferRecord {
  return item.kind !== 'problem';
}

/** A user is its own; everything else is whose the source says, or the importer's. */
function ownerIn({ userId, isOneOwner }: ImportOrder, { kind, ownerId, value }: TransferRecord): string {
  if (kind === 'user') return canonicalId('user', value.id);
  return isOneOwner || ownerId === null ? userId : canonicalId('user', ownerId);
}

async function openSource({ location }: ImportOrder, folder: string, maker: VectorMaker | null): Promise<ReaderSource> {
  const workspace = join(folder, 'workspace');
  await mkdir(workspace);
  const wanted = maker === null ? {} : { vectorModel: plainModel(maker.model) };
  if ('url' in location) return { files: [], url: location.url, workspace, ...wanted };
  const files = await gatherFiles(location.path, join(folder, 'unpacked'), location.name);
  return { files, url: null, workspace, ...wanted };
}

/** The same for the same source with the same wishes, as far as names and sizes tell. */
function fingerprintOf({ format, location, userId, isOneOwner, isLenient }: KnownOrder, source: ReaderSource): string {
  const files = source.files.map(({ name, bytes, changedAt }) => [name, bytes, changedAt]);
  const place = 'url' in location ? location.url : null;
  const wishes = { format, userId, isOneOwner, isLenient };
  return createHash('sha256')
    .update(JSON.stringify([wishes, place, files]))
    .digest('hex');
}

function newMark(fingerprint: string, now: number): TransferMark {
  return { id: newId(), fingerprint, position: 0, report: null, startedAt: now, updatedAt: now, endedAt: null };
}
