import { sql, type RawBuilder } from 'kysely';
import type { Role } from '../../../domain/message.js';
import { reach, type Candidate } from './candidates.js';
import type { Field } from './holders.js';

/** A text in its place: neighbours in a conversation or file are texts of the same place with positions near by. */
export interface PlacedText {
  key: number;
  /** What its neighbours share with it. Null where it stands alone. */
  place: string | null;
  position: number;
  createdAt: number;
  /** In which role it was said; null for what nobody said. */
  role: Role | null;
  /** Who said it, where a name was given. */
  speaker: string | null;
  text: string;
}

/** Characters of a text that are read for ranking. */
const charsRead = 8_000;

/** A text that stands in so many places tells nothing of what stands around it. */
const refrainMin = 3;

/** Candidates with the texts around them, whoever said those, in order of place and position. Refrains are left out. */
export async function readSurroundings(field: Field, candidates: readonly Candidate[]): Promise<PlacedText[]> {
  if (candidates.length === 0) return [];
  const alone = candidates.filter(({ place }) => place === null);
  const texts = [...(await readAlone(field, alone)), ...(await readSpans(field, spansOf(candidates)))];
  const wanted = new Set(candidates.map(({ key }) => key));
  const refrains = refrainsOf(texts);
  return texts
    .filter(({ key, text }) => wanted.has(key) || !refrains.has(text))
    .sort(
      (left, right) =>
        compare(left.place ?? '', right.place ?? '') || left.position - right.position || left.key - right.key,
    );
}

/** What is said again and again, word for word. */
function refrainsOf(texts: readonly PlacedText[]): ReadonlySet<string> {
  const times = new Map<string, number>();
  for (const { text } of texts) times.set(text, (times.get(text) ?? 0) + 1);
  return new Set([...times].flatMap(([text, count]) => (count < refrainMin ? [] : [text])));
}

interface Span {
  place: string;
  first: number;
  last: number;
}

async function readAlone(field: Field, alone: readonly Candidate[]): Promise<PlacedText[]> {
  const keys = field.dialect.rowsGiven(alone.map(({ key }) => [key]));
  const source = sql`from texts as t where t.key in (select cast(given.value ->> 0 as bigint) from ${keys})`;
  return readTexts(field, source, alone.length);
}

async function readSpans(field: Field, spans: readonly Span[]): Promise<PlacedText[]> {
  const given = field.dialect.rowsGiven(spans.map(({ place, first, last }) => [place, first, last]));
  const source = sql`(select cast(given.value ->> 0 as text) as place, cast(given.value ->> 1 as bigint) as first,
    cast(given.value ->> 2 as bigint) as last from ${given}) as spans`;
  const inSpan = sql`${field.placed} and ${field.place} = spans.place and t.position between spans.first and spans.last`;
  const inSpans = field.dialect.besideEach(source, { name: 'texts', as: 't' }, inSpan);
  return readTexts(field, sql`from ${inSpans}`, spans.length);
}

async function readTexts({ db, place }: Field, source: RawBuilder<unknown>, count: number): Promise<PlacedText[]> {
  if (count === 0) return [];
  const { rows } = await sql<PlacedText>`
    select t.key as key, ${place} as place, coalesce(t.position, 0) as position, t.created_at as "createdAt",
      t.role as role, t.speaker as speaker, substr(t.text, 1, ${charsRead}) as text ${source}`.execute(db);
  return rows;
}

/** The stretches around the candidates, those that touch made one. */
function spansOf(candidates: readonly Candidate[]): Span[] {
  const placed = candidates.flatMap(({ place, position }) => (place === null ? [] : [{ place, position }]));
  placed.sort((left, right) => compare(left.place, right.place) || left.position - right.position);
  const spans: Span[] = [];
  for (const { place, position } of placed) {
    const last = spans.at(-1);
    if (last !== undefined && last.place === place && position - reach <= last.last) last.last = position + reach;
    else spans.push({ place, first: position - reach, last: position + reach });
  }
  return spans;
}

function compare(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
