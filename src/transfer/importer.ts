import { setImmediate } from 'node:timers/promises';
import { AppError } from '../domain/errors.js';
import type { TransferKind } from '../domain/transfer.js';
import type { Repositories, Store } from '../store/store.js';
import { createPlanner, type Planned } from './plan.js';
import type { TransferRecord } from './record.js';
import type { ReportBuilder } from './report.js';
import { isIdentified } from './settle.js';

/** What an importer is made from. */
export interface ImporterParts {
  store: Store;
  /** Whose a record is to be. */
  ownerOf(record: TransferRecord): string;
  /** Finds out what would be done, and does nothing. */
  isDryRun: boolean;
  report: ReportBuilder;
  /** Takes over the bytes of a file of this machine, for good. */
  takeBytes(path: string): Promise<{ sha256: string; bytes: number }>;
}

/** Takes in records, a bounded batch at a time. */
export interface Importer {
  take(records: readonly TransferRecord[]): Promise<void>;
  /** Passes over a batch that an earlier attempt has taken in. */
  pass(records: readonly TransferRecord[]): Promise<void>;
}

/** Things that are written together. */
const thingsPerTransaction = 50;

/** Makes an importer. What is here already is never changed, so taking in a batch twice does no harm. */
export function createImporter(parts: ImporterParts): Importer {
  const { store, isDryRun, report } = parts;
  const planner = createPlanner(parts);

  /** What has no id of its own is the same wherever it has the same place. */
  const isHere = async ({ record, value }: Planned): Promise<boolean> => {
    const kind: TransferKind = record.kind;
    return !isIdentified(kind) && (await store.transfers.holds<TransferKind>(kind, [value]))[0] === true;
  };
  const tell = async (planned: Planned, isTaken: boolean): Promise<void> => {
    const { kind, place } = planned.record;
    if (isTaken) report.count(kind, 'created');
    else if (await isHere(planned)) report.count(kind, 'present');
    else {
      report.count(kind, 'leftOut');
      report.note({ place, severity: 'left-out', why: `The name or the place of this ${kind} is taken.` });
    }
  };
  const insert = (planned: readonly Planned[]): Promise<boolean[]> =>
    store.transaction((tx) => insertAll(tx, planned), { relaxed: true });
  const takeTogether = async (planned: readonly Planned[]): Promise<void> => {
    try {
      const taken = await insert(planned);
      for (const [index, each] of planned.entries()) await tell(each, taken[index] === true);
    } catch (error) {
      falseWhereRefused(error);
      // One thing that is refused must not take the others of its transaction with it.
      for (const each of planned) {
        const [isTaken] = await insert([each]).catch((refusal: unknown) => [falseWhereRefused(refusal)]);
        await tell(each, isTaken === true);
      }
    }
  };
  return {
    take: async (records) => {
      const planned = await planner.plan(records);
      if (isDryRun || planned.length === 0) return;
      const whole = await withBytes(planned, parts.takeBytes);
      for (let start = 0; start < whole.length; start += thingsPerTransaction) {
        await takeTogether(whole.slice(start, start + thingsPerTransaction));
        // A transaction on SQLite holds the event loop; whoever waits for it comes first.
        await setImmediate();
      }
    },
    pass: (records) => planner.pass(records),
  };
}

/** Inserts neighbours of one kind together; for each, whether it was inserted. */
async function insertAll(tx: Repositories, planned: readonly Planned[]): Promise<boolean[]> {
  const taken: boolean[] = [];
  for (let start = 0; start < planned.length; start = taken.length) {
    const rest = planned.slice(start);
    const first = rest[0];
    if (first === undefined) break;
    const other = rest.findIndex((each) => each.record.kind !== first.record.kind || each.ownerId !== first.ownerId);
    const values = rest.slice(0, other === -1 ? rest.length : other).map((each) => each.value);
    taken.push(...(await tx.transfers.insert(first.record.kind, first.ownerId, values)));
  }
  return taken;
}

/** Files with the bytes they have, which are kept before any row speaks of them. */
async function withBytes(planned: readonly Planned[], takeBytes: ImporterParts['takeBytes']): Promise<Planned[]> {
  const whole: Planned[] = [];
  for (const each of planned) {
    const content = each.record.kind === 'file' ? each.record.value.content : null;
    whole.push(content === null ? each : { ...each, value: { ...each.value, ...(await takeBytes(content)) } });
  }
  return whole;
}

/** What the store refuses for the sake of one row; everything else is thrown on. */
function falseWhereRefused(error: unknown): false {
  if (error instanceof AppError && (error.code === 'not_found' || error.code === 'conflict')) return false;
  throw error;
}
