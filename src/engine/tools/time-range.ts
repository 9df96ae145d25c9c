/** How a time may be written, for descriptions and refusals. */
export const timeForms = 'YYYY-MM-DD or an ISO 8601 time such as 2025-03-01T14:30:00Z';

const form =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?[ ]?(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/u;

const dayMs = 86_400_000;

/**
 * Reads a time into milliseconds; null where the text is none. A date stands for its first moment as a beginning and
 * for its last as an end, and a time given to the second takes in that whole second as an end, so that times shown in
 * results can be given back. Without a zone it is UTC.
 */
export function readTime(text: string, edge: 'from' | 'to'): number | null {
  const match = form.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const date = midnight(Number(year), Number(month), Number(day));
  if (date === null) return null;
  if (hour === undefined) return edge === 'from' ? date : date + dayMs - 1;
  const offset = offsetMs(zone);
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59 || offset === null) return null;
  const whole = date + Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second ?? 0) * 1_000 - offset;
  if (fraction !== undefined) return whole + Math.floor(Number(`0.${fraction}`) * 1_000);
  return edge === 'to' && second !== undefined ? whole + 999 : whole;
}

/** A time as results show it: ISO 8601 in UTC, to the second. */
export function writeTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
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
