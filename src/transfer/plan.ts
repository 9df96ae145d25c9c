import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { noContent } from '../domain/file.js';
import type { Message } from '../domain/message.js';
import { isFinal } from '../domain/status.js';
import { isStorable } from '../domain/storable-text.js';
import { transferKinds, type IdentifiedKind, type TransferKind, type TransferValues } from '../domain/transfer.js';
import type { Repositories } from '../store/store.js';
import { createContinuity, type Continuity } from './continuity.js';
import { isSame } from './likeness.js';
import type { Problem, RecordOf, TransferRecord } from './record.js';
import { referencesOf } from './references.js';
import type { ReportBuilder } from './report.js';
import { createSettler, isId, isIdentified, withSettledIds, type SettledId } from './settle.js';

/** A record that is to be inserted, as it will be. */
export interface Planned {
  record: TransferRecord;
  ownerId: string;
  value: TransferValues[TransferKind];
}

/** Finds out what becomes of records, without doing it. */
export interface Planner {
  /** What of a batch is new, with nothing before what it belongs to; the report hears of the rest. */
  plan(records: readonly TransferRecord[]): Promise<Planned[]>;
  /** Passes over a batch that an earlier attempt has dealt with. */
  pass(records: readonly TransferRecord[]): Promise<void>;
}

/** What a planner is made from. */
export interface PlannerParts {
  store: Repositories;
  /** Whose a record is to be. */
  ownerOf(record: TransferRecord): string;
  /** True where nothing of what is planned will come to be. */
  isDryRun: boolean;
  report: ReportBuilder;
}

/** What becomes of one record. */
type Verdict =
  | { outcome: 'created'; value: TransferValues[TransferKind] }
  | { outcome: 'present' | 'different' }
  | { outcome: 'leftOut'; why: string };

/** Makes a planner. It knows what it planned before, so that a later batch may rest on an earlier one. */
export function createPlanner({ store, ownerOf, isDryRun, report }: PlannerParts): Planner {
  const settler = createSettler(store.transfers, isDryRun);
  const continuity = createContinuity(store.transfers);
  const nameFor = nameKeeper(store);

  const tell = ({ place }: TransferRecord, severity: Problem['severity'], why: string): void =>
    report.note({ place, severity, why });
  const prepare = (records: readonly TransferRecord[]): Promise<void> =>
    settler.prepare(
      records.map((record) => ({ kind: record.kind, ownerId: ownerOf(record), value: { ...record.value } })),
    );

  const settledValue = async (record: TransferRecord, ownerId: string, isCompared: boolean) =>
    withSettledIds(settler, ownerId, record.kind, await asStored(record, isCompared));

  const judgeNew = async (record: TransferRecord, ownerId: string): Promise<Verdict> => {
    const wanted = await settledValue(record, ownerId, false);
    if (record.kind === 'message') return placed(continuity, wanted as Message);
    if (record.kind !== 'agent') return { outcome: 'created', value: wanted };
    const agent = wanted as TransferValues['agent'];
    const name = await nameFor(ownerId, agent);
    if (name !== agent.name)
      tell(record, 'changed', 'Another agent has this name; the end of its id was put behind it.');
    return { outcome: 'created', value: { ...agent, name } };
  };

  const judge = async (record: TransferRecord, ownerId: string): Promise<Verdict> => {
    const why = reasonAgainst(record, (kind, id) => settler.idOf(ownerId, kind, id));
    if (why !== null) return { outcome: 'leftOut', why };
    const { kind } = record;
    if (!isIdentified(kind) || !('id' in record.value)) return judgeNew(record, ownerId);
    const settled = settler.idOf(ownerId, kind, record.value.id);
    const here = settler.stored(kind, settled.id)?.value;
    if (here !== undefined) {
      if (kind === 'message') continuity.passed(here as Message);
      const wanted = await settledValue(record, ownerId, true);
      return { outcome: isSame(kind, here, wanted as typeof here) ? 'present' : 'different' };
    }
    const verdict = await judgeNew(record, ownerId);
    if (verdict.outcome !== 'created') return verdict;
    settler.madeHere(ownerId, kind, record.value.id);
    if (settled.isRenamed) tell(record, 'changed', `Somebody else has a ${kind} of this id; it got one of its own.`);
    return verdict;
  };

  return {
    plan: async (records) => {
      await prepare(records);
      const planned: Planned[] = [];
      for (const record of records) {
        const ownerId = ownerOf(record);
        report.count(record.kind, 'read');
        const verdict = await judge(record, ownerId);
        if (verdict.outcome === 'created') planned.push({ record, ownerId, value: verdict.value });
        if (verdict.outcome === 'created' && !isStorable(verdict.value))
          tell(record, 'changed', `This ${record.kind} holds NUL or halves of characters, which no database keeps.`);
        if (verdict.outcome !== 'created') report.count(record.kind, verdict.outcome);
        if (verdict.outcome === 'leftOut') tell(record, 'left-out', verdict.why);
        if (verdict.outcome === 'different')
          tell(record, 'note', `Another ${record.kind} of this id is here and was kept.`);
      }
      if (isDryRun) for (const each of planned) report.count(each.record.kind, await outcomeOf(store, each));
      const rank = ({ record }: Planned): number => transferKinds.indexOf(record.kind);
      return planned.sort((left, right) => rank(left) - rank(right));
    },
    pass: async (records) => {
      const last = records.findLast((record): record is RecordOf<'message'> => record.kind === 'message');
      if (last === undefined) return;
      const ownerId = ownerOf(last);
      await prepare([last]);
      const stored = settler.stored('message', settler.idOf(ownerId, 'message', last.value.id).id);
      if (stored !== null) continuity.passed(stored.value);
    },
  };
}

/** What a real import would find when it inserts: what has no id shows only then whether it is here. */
async function outcomeOf(store: Repositories, { record, value }: Planned): Promise<'created' | 'present'> {
  if (isIdentified(record.kind)) return 'created';
  return (await store.transfers.holds<TransferKind>(record.kind, [value]))[0] === true ? 'present' : 'created';
}

async function placed(continuity: Continuity, message: Message): Promise<Verdict> {
  const seq = await continuity.place(message);
  if (seq !== null) return { outcome: 'created', value: { ...message, seq } };
  return { outcome: 'leftOut', why: 'The conversation has gone on here, and this message would not come at its end.' };
}

/** Gives new agents their names: no two of an owner that speak the native face may have the same. */
function nameKeeper({
  agents,
}: Repositories): (ownerId: string, agent: TransferValues['agent']) => Promise<string | null> {
  const given = new Set<string>();
  return async (ownerId, { id, name: wanted, origin }) => {
    if (wanted === null || origin !== 'native') return wanted;
    const isTaken = given.has(`${ownerId} ${wanted}`) || (await agents.findByName(ownerId, wanted, 'native')) !== null;
    const name = isTaken ? `${wanted} (${id.slice(-8)})` : wanted;
    given.add(`${ownerId} ${name}`);
    return name;
  };
}

/** Why a record cannot be taken in as it stands, or null. */
function reasonAgainst(
  { kind, value }: TransferRecord,
  idOf: (kind: IdentifiedKind, id: string) => SettledId,
): string | null {
  const fields: Record<string, unknown> = { ...value };
  if (isIdentified(kind) && !isId(fields['id'])) return `The id of this ${kind} is none.`;
  for (const { field, kind: named, needed } of referencesOf(kind)) {
    const id = fields[field];
    // A user may be in no organisation.
    if (!needed || (id === null && kind === 'user')) continue;
    if (!isId(id) || !idOf(named, id).isHere) return `The ${named} that this ${kind} belongs to is not there.`;
  }
  return kind === 'run' && !isFinal(value.status) ? 'The run has not ended.' : null;
}

/** A record's value in the form of the store. Bytes of a file are measured where they are to be compared. */
async function asStored(record: TransferRecord, isCompared: boolean): Promise<TransferValues[TransferKind]> {
  if (record.kind !== 'file') return record.value;
  const { content, ...file } = record.value;
  if (!isCompared || content === null) return { ...file, bytes: 0, sha256: noContent };
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(content), async (pieces: AsyncIterable<Uint8Array>) => {
    for await (const piece of pieces) {
      hash.update(piece);
      bytes += piece.length;
    }
  });
  return { ...file, bytes, sha256: hash.digest('hex') };
}
