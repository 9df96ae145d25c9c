import type { TransferKind, TransferValues } from '../domain/transfer.js';

/** Where something stands in what is being imported, for the report. */
export interface Place {
  /** The file's name inside the export, or the name of the database. Never a path of the machine it lies on. */
  file: string;
  /** Counted from 1; null where the file has no lines or the line is not known. */
  line: number | null;
  /** What else tells the place: a table with the key of a row, or the path to a value in a document. */
  at: string | null;
}

/** A file as a reader finds it: its bytes are measured when they are taken over. */
export type FoundFile = Omit<TransferValues['file'], 'bytes' | 'sha256'> & {
  /**
   * A path on this machine at which the bytes lie while the import lasts; null where the export has none, and the file
   * is kept without them.
   */
  content: string | null;
};

/** The form of each kind as readers yield it. */
export type RecordValues = Omit<TransferValues, 'file'> & { file: FoundFile };

/**
 * One thing that is to be imported.
 *
 * Ids, and references to them, are spelled as they came: `asst_abc`, `agent-<uuid>`, 32 hexadecimal digits put back
 * into a UUID. The importer settles what they become here, the same for a thing and for whatever names it.
 */
export type TransferRecord = {
  [K in TransferKind]: {
    kind: K;
    place: Place;
    /** Whose it is where the source knows several users, as that user's record spells it; null for the importer's. */
    ownerId: string | null;
    value: RecordValues[K];
  };
}[TransferKind];

/** A record of one kind. */
export type RecordOf<K extends TransferKind> = Extract<TransferRecord, { kind: K }>;

/** Something in the source that is not imported, or not as it was. */
export interface Problem {
  kind: 'problem';
  place: Place;
  /**
   * `broken`: the source itself is damaged here (cut off, malformed, hostile); nothing is imported unless the caller
   * asks for what can be had. `left-out`: this thing is not imported, the rest is. `changed`: it is imported, but
   * not as it stands in the source. `note`: worth knowing.
   */
  severity: 'broken' | 'left-out' | 'changed' | 'note';
  /** One sentence, fit to be shown, without secrets. The same fault is told in the same words, so it can be counted. */
  why: string;
}
