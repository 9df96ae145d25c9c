import { openZone, type Zone } from '../../domain/zone.js';
import { readSpokenSpan } from './spoken-time.js';

/** How a time may be written, for descriptions and refusals. */
export const timeForms = 'YYYY-MM-DD, an ISO 8601 time, or words such as "yesterday", "last week" or "May 2023"';

/** Where and when a time is read: the zone that counts where none is written, and the moment that is now. */
export interface Moment {
  zone: Zone;
  now: number;
}

const form =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?[ ]?(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/u;

const dayMs = 86_400_000;

/**
 * Reads a time into milliseconds; null where the text is none. A date, and words for a day, a week, a month or a year,
 * stand for their first moment as a beginning and for their last as an end; a time given to the second takes in that
 * whole second as an end, so that times shown in results can be given back. Days begin when they do in the zone, and
 * what names no zone is of it; without a moment it is UTC, and words are no times.
 */
export function readTime(text: string, edge: 'from' | 'to', moment: Moment | null = null): number | null {
  const match = form.exec(text.trim());
  if (match === null) return moment === null ? null : readWords(text, edge, moment);
  const [, year, month, day, hour, minute, second, fraction, written] = match;
  const date = midnight(Number(year), Number(month), Number(day));
  if (date === null) return null;
  const zone = moment?.zone ?? openZone('UTC');
  if (hour === undefined) return edge === 'from' ? zone.instant(date) : zone.instant(date + dayMs) - 1;
  const offset = offsetMs(written);
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59 || offset === null) return null;
  const wall = date + Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second ?? 0) * 1_000;
  const whole = written === undefined ? zone.instant(wall) : wall - offset;
  if (fraction !== undefined) return whole + Math.floor(Number(`0.${fraction}`) * 1_000);
  return edge === 'to' && second !== undefined ? whole + 999 : whole;
}

/** A time as results show it: ISO 8601 to the second, with the zone's offset, or `Z` in UTC. */
export function writeTime(at: number, zone: Zone): string {
  const wall = zone.wall(at);
  const local = new Date(wall).toISOString().slice(0, 19);
  if (zone.name === 'UTC') return `${local}Z`;
  const minutes = Math.round((wall - at) / 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const away = Math.abs(minutes);
  return `${local}${minutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}

function readWords(text: string, edge: 'from' | 'to', { zone, now }: Moment): number | null {
  const span = readSpokenSpan(text, zone.wall(now));
  if (span === null) return null;
  return edge === 'from' ? zone.instant(span.from) : zone.instant(span.until) - 1;
}

function midnight(year: number, month: number, day: number): number | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same ? date.getTime() : null;
}

function offsetMs(zone: string | undefined): number | null {
  if (zone === undefined || zone === 'UTC' || zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || '0');
  if (hours > 14 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3_600_000 + minutes * 60_000);
}
