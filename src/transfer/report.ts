import { transferKinds, type TransferKind } from '../domain/transfer.js';
import type { TransferFormat } from './formats.js';
import type { Place, Problem } from './record.js';

/** What became of the things of one kind. */
export interface KindCounts {
  /** In the source. */
  read: number;
  /** Not there before; in a dry run, those that would be made. */
  created: number;
  /** There already, and the same. */
  present: number;
  /** There already, and not the same: what was there is kept. */
  different: number;
  leftOut: number;
}

/** Problems of one wording. */
export interface ReportedProblem {
  severity: Problem['severity'];
  why: string;
  count: number;
  /** The first places, in the order of the source. */
  places: Place[];
}

/** What an import did, or would do. */
export interface TransferReport {
  /** `refused`: the source is broken, and nothing was written. */
  outcome: 'imported' | 'would-import' | 'refused';
  /** The format that the source was read as. */
  format: TransferFormat;
  counts: Partial<Record<TransferKind, KindCounts>>;
  problems: ReportedProblem[];
  /** Problems that are told of by their severity alone, since there are too many wordings. */
  unlisted: number;
  /** Records that an earlier attempt had dealt with already; their counts are among the others. */
  resumedAt: number;
}

/** Places told of each wording, and wordings. */
const placesMax = 50;
const wordingsMax = 500;

/** A report in the making. Its size does not grow with the source. */
export class ReportBuilder {
  private readonly counts: Partial<Record<TransferKind, KindCounts>>;
  private readonly problems: Map<string, ReportedProblem>;
  private unlisted: number;

  /** Goes on with an earlier report, where there is one. */
  constructor(
    private readonly format: TransferFormat,
    earlier: TransferReport | null = null,
  ) {
    this.counts = structuredClone(earlier?.counts ?? {});
    this.problems = new Map(
      structuredClone(earlier?.problems ?? []).map((each) => [`${each.severity} ${each.why}`, each]),
    );
    this.unlisted = earlier?.unlisted ?? 0;
  }

  /** True once the source was found to be damaged. */
  get isBroken(): boolean {
    return [...this.problems.values()].some(({ severity }) => severity === 'broken');
  }

  count(kind: TransferKind, what: keyof KindCounts): void {
    const counts = (this.counts[kind] ??= { read: 0, created: 0, present: 0, different: 0, leftOut: 0 });
    counts[what] += 1;
  }

  note({ severity, why, place }: Omit<Problem, 'kind'>): void {
    const key = `${severity} ${why}`;
    const known = this.problems.get(key);
    if (known !== undefined) {
      known.count += 1;
      if (known.places.length < placesMax) known.places.push(place);
    } else if (this.problems.size < wordingsMax || severity === 'broken') {
      this.problems.set(key, { severity, why, count: 1, places: [place] });
    } else {
      this.unlisted += 1;
    }
  }

  /** The report as it stands. */
  build(outcome: TransferReport['outcome'], resumedAt: number): TransferReport {
    const ordered = transferKinds.flatMap((kind) => {
      const counts = this.counts[kind];
      return counts === undefined ? [] : [[kind, counts] as const];
    });
    const { format, unlisted } = this;
    const counts = structuredClone(Object.fromEntries(ordered));
    return { outcome, format, counts, problems: structuredClone([...this.problems.values()]), unlisted, resumedAt };
  }
}
