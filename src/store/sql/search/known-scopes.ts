import { sql, type Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Role } from '../../../domain/message.js';
import type { GrowingIndex } from '../dialect.js';
import type { Database } from '../schema.js';
import type { Holder } from './holders.js';
import { common, joined, placeOf, readKeys, smallKeyMax, withoutAll } from './keys.js';
import { bytesPerMember, holdersAt, isMember, readMembers, withMore, withoutMembers, type Members } from './members.js';
import { createRemovals, momentOf, type Change, type Moment, type Removals } from './removals.js';
import type { Scope } from './scope.js';

/*
 * Most words of a question are frequent ones, which were asked for before. So the keys of their holders are kept, and
 * a search asks the index only for texts that have come since: later texts have higher keys, and of those that went the
 * database keeps a log. What is answered is always what the snapshot holds that the search reads.
 */

/** What is known of a scope, as one snapshot has it. */
export interface KnownScope {
  /** The keys of the scope's texts that hold a word. */
  holdersOf(word: string): Promise<Uint32Array>;
  /** The keys of those that were said in a role. */
  saidBy(role: Role): Promise<Uint32Array>;
  /** Where some of its texts stand. */
  placesOf(keys: Iterable<number>): Holder[];
}

/** What is known of scopes from earlier searches. */
export interface KnownScopes {
  /** A scope under its name, in the snapshot of this connection. Null where nothing can be kept of it. */
  open(db: Kysely<Database>, name: string, scope: Scope): Promise<KnownScope | null>;
}

/** Up to when something is known. */
interface Known {
  /** No key above this one has been looked at. */
  high: number;
  /** The number of the last removal that is reflected. */
  removed: number;
}

/** The texts of a scope. */
interface KnownMembers extends Known {
  kind: 'members';
  members: Members;
  /** The parts that were looked at, in the order in which the database told them. */
  parts: readonly string[];
  /** Stays the same object while what was found among the members is still all there was to find up to its moment. */
  generation: object;
}

/** Those of them that hold a word, or have something else in common. */
interface KnownHolders extends Known {
  kind: 'holders';
  keys: Uint32Array;
  generation: object;
}

type Memory = LRUCache<string, KnownMembers | KnownHolders>;

/** About what an entry costs beside the bytes of its keys and its name. */
const overheadBytes = 500;

/** How much is kept, and when the index is asked in which way. */
export interface KnownScopesOptions {
  /** Bytes that are kept in all. */
  bytesMax?: number;
  /**
   * Texts of other scopes that are passed over rather than name the scope to the index, beside some for each of the
   * scope's own.
   */
  strangersMax?: number;
}

const bytesMaxUsual = 32 * 1024 * 1024;
const strangersMaxUsual = 5_000;

/** For each text of the scope so many more of others. */
const strangersRatio = 4;

/** Scopes that fill more than one such share are searched without it. */
const sharesMin = 2;

/** Conversations that are looked at one by one when they are new in a scope. */
const partsAddedMax = 100;

/** Knows nothing at first. */
export function createKnownScopes(
  index: GrowingIndex,
  { bytesMax = bytesMaxUsual, strangersMax = strangersMaxUsual }: KnownScopesOptions = {},
): KnownScopes {
  const removals = createRemovals();
  // What has not been asked for longest goes first; what is larger than all of it is not kept.
  const memory: Memory = new LRUCache({
    maxSize: bytesMax,
    sizeCalculation: (known, name) => bytesOf(known) + name.length * 2 + overheadBytes,
  });
  return {
    open: async (db, name, scope) => {
      if (scope.size * bytesPerMember * sharesMin > bytesMax) return null;
      const moment = await momentOf(db);
      if (moment.newest > smallKeyMax) return null;
      await removals.catchUp(db, moment.removed);
      const opening = { db, index, name, scope, moment, removals, memory, strangersMax };
      const { members, generation } = await openMembers(opening);
      return {
        holdersOf: (word) =>
          openHolders(opening, members, generation, `${name} ${word}`, (above, newer) =>
            lookUp(opening, word, above, newer),
          ),
        saidBy: (role) =>
          openHolders(opening, members, generation, `${name}\n${role}`, (above) => saidBy(opening, role, above)),
        placesOf: (keys) => holdersAt(members, scope.isPlaced, keys),
      };
    },
  };
}

interface Opening {
  db: Kysely<Database>;
  index: GrowingIndex;
  name: string;
  scope: Scope;
  moment: Moment;
  removals: Removals;
  memory: Memory;
  strangersMax: number;
}

/** The texts of a scope as they are now; read whole only where what is known does not simply go on. */
async function openMembers(opening: Opening): Promise<KnownMembers> {
  const { db, name, scope, moment, memory } = opening;
  const known = knownMembers(opening);
  const goesOn = known !== null && (await isGoingOn(opening, known));
  const members = goesOn
    ? withMore(known.members, await readNewer(opening, known))
    : await readMembers(db, scope, null);
  const generation = known !== null && (goesOn || startsWith(members, known)) ? known.generation : {};
  const found = { kind: 'members' as const, ...upTo(moment), members, parts: scope.parts, generation };
  memory.set(name, found);
  return found;
}

async function readNewer({ db, scope, moment }: Opening, { high, members }: KnownMembers): Promise<Members> {
  if (moment.newest > high) return readMembers(db, scope, high);
  return { ...members, keys: new Uint32Array() };
}

/** What was known of the texts, without those that went. Null where that cannot be told. */
function knownMembers({ name, memory, removals }: Opening): KnownMembers | null {
  const known = memory.get(name);
  const change = known?.kind === 'members' ? removals.since(known.removed) : null;
  if (known?.kind !== 'members' || change === null) return null;
  return { ...known, ...after(change, known), members: withoutMembers(known.members, change.gone, change.free) };
}

/** True where nothing but texts above the highest known key can have come to them, and few enough of them. */
async function isGoingOn({ db, scope, moment, strangersMax }: Opening, known: KnownMembers): Promise<boolean> {
  if (moment.newest - known.high > strangersMax + known.members.keys.length) return false;
  const { parts } = scope;
  if (parts.length === known.parts.length && parts.every((part, at) => known.parts[at] === part)) return true;
  const now = new Set(parts);
  if (known.parts.some((part) => !now.has(part))) return false;
  for (const part of known.parts) now.delete(part);
  if (now.size > partsAddedMax) return false;
  const { rows } = await sql`select 1 from texts
    where scope_id in (${sql.join([...now])}) and key <= ${known.high} limit 1`.execute(db);
  return rows.length === 0;
}

/** Asks the database which texts above a key have something, where so many of the scope are above it. */
type LookUp = (above: number, newer: number) => Promise<Uint32Array>;

/** The keys of the texts that have something: the known ones, and what is told of texts that came later. */
async function openHolders(
  opening: Opening,
  members: Members,
  generation: object,
  place: string,
  ask: LookUp,
): Promise<Uint32Array> {
  const { moment, memory } = opening;
  const known = knownHolders(opening, place, generation) ?? { keys: new Uint32Array(), high: 0 };
  const newer = members.keys.subarray(placeOf(members.keys, known.high + 1));
  const found = newer.length === 0 ? newer : common(newer, await ask(known.high, newer.length));
  const keys = joined(known.keys, found);
  memory.set(place, { kind: 'holders', ...upTo(moment), keys, generation });
  return keys;
}

function knownHolders({ memory, removals }: Opening, place: string, generation: object): KnownHolders | null {
  const known = memory.get(place);
  const isOfNow = known?.kind === 'holders' && known.generation === generation;
  const change = isOfNow ? removals.since(known.removed) : null;
  if (!isOfNow || change === null) return null;
  return { ...known, ...after(change, known), keys: withoutAll(known.keys, change.gone, change.free) };
}

/** The keys above one of the scope's texts that hold a word, with those of others where that is less work. */
async function lookUp(opening: Opening, word: string, above: number, newer: number): Promise<Uint32Array> {
  const { db, index, scope, moment, strangersMax } = opening;
  const isNamed = moment.newest - above - newer > strangersMax + strangersRatio * newer;
  const select = index.keysAbove(word, isNamed ? scope.tokens : [], above);
  return readKeys(db, select, (given) => Uint32Array.from(given));
}

/** The keys above one of the scope's texts that were said in a role. */
async function saidBy({ db, scope }: Opening, role: Role, above: number): Promise<Uint32Array> {
  const members = isMember(scope, above === 0 ? null : above);
  const select = sql`select t.key as key from texts as t where ${members} and t.role = ${role}`;
  return readKeys(db, select, (given) => Uint32Array.from(given));
}

function bytesOf(known: KnownMembers | KnownHolders): number {
  return known.kind === 'holders' ? known.keys.byteLength : known.members.keys.length * bytesPerMember;
}

function upTo({ newest, removed }: Moment): Known {
  return { high: newest, removed };
}

function after({ free, removed }: Change, { high }: Known): Known {
  return { high: Math.min(high, free - 1), removed };
}

/** True where the texts are, up to the highest key that was looked at, the known ones. */
function startsWith({ keys }: Members, { members, high }: KnownMembers): boolean {
  const known = members.keys;
  return placeOf(keys, high + 1) === known.length && known.every((key, at) => keys[at] === key);
}
