import { derivedId } from '../domain/derived-id.js';
import { readId } from '../domain/ids.js';
import { transferIds, type IdentifiedKind, type TransferKind, type TransferValues } from '../domain/transfer.js';
import type { Stored, TransferRepository } from '../store/transfer.js';
import { referencesOf } from './references.js';

/** An id as it was settled: what it is here, and whether the thing is here. */
export interface SettledId {
  id: string;
  isHere: boolean;
  /** True where somebody else has a thing of this id, so that it got another. */
  isRenamed: boolean;
}

/** Something that names things by the ids it came with, and whose it is to be. */
export interface Unsettled {
  kind: TransferKind;
  ownerId: string;
  value: Record<string, unknown>;
}

/** What the ids of a source become here. */
export interface Settler {
  /** Looks up whatever these name; only then are their ids known to `idOf`. Nothing is asked for twice. */
  prepare(things: readonly Unsettled[]): Promise<void>;
  idOf(ownerId: string, kind: IdentifiedKind, text: string): SettledId;
  /** Says that the thing of this id is here from now on. */
  madeHere(ownerId: string, kind: IdentifiedKind, text: string): void;
  /** A thing that is here under this settled id. */
  stored<K extends IdentifiedKind>(kind: K, id: string): Stored<K> | null;
}

/** Ids that are remembered; beyond that they are asked for again. */
const rememberedMax = 100_000;

/** Kinds whose things are the same for everybody who names them. */
const nobodys: ReadonlySet<IdentifiedKind> = new Set(['organisation', 'user']);

const idForm = /^[\w.:@+=~-]{1,128}$/u;

/** True where a text can be the id of a thing. */
export function isId(text: unknown): text is string {
  return typeof text === 'string' && idForm.test(text);
}

/** The id under which a thing is looked for by every face: our own where it is a spelling of one, else as it came. */
export function canonicalId(kind: IdentifiedKind, text: string): string {
  return readId(transferIds[kind], text) ?? text;
}

/**
 * Makes a settler. An id stays what it is unless somebody else has a thing of that id: then the thing, and whatever
 * names it, gets an id derived from both. The same source settles the same way each time.
 */
export function createSettler(transfers: TransferRepository, keepsAll: boolean): Settler {
  const settled = new Map<string, SettledId>();
  const found = new Map<string, Stored<IdentifiedKind>>();
  const keyOf = (ownerId: string, kind: IdentifiedKind, id: string): string =>
    `${nobodys.has(kind) ? '' : ownerId} ${kind} ${id}`;

  const lookUp = async (kind: IdentifiedKind, wanted: Map<string, Set<string>>): Promise<void> => {
    const here = await transfers.find(kind, [...wanted.keys()]);
    const renamed = new Map<string, SettledId>();
    for (const [id, owners] of wanted) {
      const stored = here.get(id);
      for (const ownerId of owners) {
        const isOthers = stored !== undefined && kind !== 'user' && (stored.ownerId ?? ownerId) !== ownerId;
        const each = {
          id: isOthers ? derivedId(ownerId, kind, id) : id,
          isHere: stored !== undefined && !isOthers,
          isRenamed: isOthers,
        };
        settled.set(keyOf(ownerId, kind, id), each);
        if (isOthers) renamed.set(each.id, each);
        else if (stored !== undefined) found.set(`${kind} ${id}`, stored);
      }
    }
    if (renamed.size === 0) return;
    for (const [id, stored] of await transfers.find(kind, [...renamed.keys()])) {
      found.set(`${kind} ${id}`, stored);
      const each = renamed.get(id);
      if (each !== undefined) each.isHere = true;
    }
  };

  return {
    prepare: async (things) => {
      found.clear();
      if (settled.size > rememberedMax && !keepsAll) settled.clear();
      const wanted = new Map<IdentifiedKind, Map<string, Set<string>>>();
      const want = (ownerId: string, kind: IdentifiedKind, text: unknown, always: boolean): void => {
        if (!isId(text)) return;
        const id = canonicalId(kind, text);
        if (!always && settled.has(keyOf(ownerId, kind, id))) return;
        const ids = wanted.get(kind) ?? new Map<string, Set<string>>();
        wanted.set(kind, ids.set(id, (ids.get(id) ?? new Set()).add(ownerId)));
      };
      for (const { kind, ownerId, value } of things) {
        if (isIdentified(kind)) want(ownerId, kind, value['id'], true);
        for (const reference of referencesOf(kind)) want(ownerId, reference.kind, value[reference.field], false);
        if (kind === 'message') withFileIds(value, (text) => (want(ownerId, 'file', text, false), text));
      }
      for (const [kind, ids] of wanted) await lookUp(kind, ids);
    },
    idOf: (ownerId, kind, text) => {
      const id = canonicalId(kind, text);
      return settled.get(keyOf(ownerId, kind, id)) ?? { id, isHere: false, isRenamed: false };
    },
    madeHere: (ownerId, kind, text) => {
      const known = settled.get(keyOf(ownerId, kind, canonicalId(kind, text)));
      if (known !== undefined) known.isHere = true;
    },
    stored: <K extends IdentifiedKind>(kind: K, id: string) =>
      (found.get(`${kind} ${id}`) as Stored<K> | undefined) ?? null,
  };
}

/** True for a kind whose things have ids of their own. */
export function isIdentified(kind: TransferKind): kind is IdentifiedKind {
  return Object.hasOwn(transferIds, kind);
}

/** A thing with every id in it as it was settled. */
export function withSettledIds<K extends TransferKind>(
  settler: Settler,
  ownerId: string,
  kind: K,
  value: TransferValues[K],
): TransferValues[K] {
  const settled: Record<string, unknown> = { ...value };
  const idOf = (idKind: IdentifiedKind, text: unknown): unknown =>
    typeof text === 'string' ? settler.idOf(ownerId, idKind, text).id : text;
  if (isIdentified(kind)) settled['id'] = idOf(kind, settled['id']);
  for (const { field, kind: named } of referencesOf(kind)) settled[field] = idOf(named, settled[field]);
  const whole = kind === 'message' ? withFileIds(settled, (text) => idOf('file', text)) : settled;
  // Every field that was there is there still, and ids are texts before and after.
  return whole as unknown as TransferValues[K];
}

/** A message with the ids of files that it shows, cites and brings along as they are here. */
function withFileIds(message: Record<string, unknown>, idOf: (text: unknown) => unknown): Record<string, unknown> {
  const renamed = (holder: unknown): unknown =>
    isRecord(holder) && typeof holder['fileId'] === 'string' ? { ...holder, fileId: idOf(holder['fileId']) } : holder;
  const parts = listOf(message['parts']).map((part) => {
    const shown = renamed(part);
    return isRecord(shown) && Array.isArray(shown['annotations'])
      ? { ...shown, annotations: shown['annotations'].map(renamed) }
      : shown;
  });
  const faceData = isRecord(message['faceData']) ? message['faceData'] : {};
  if (!Array.isArray(faceData['attachments'])) return { ...message, parts };
  return { ...message, parts, faceData: { ...faceData, attachments: faceData['attachments'].map(renamed) } };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
