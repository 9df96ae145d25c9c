import { isObject } from './cells.js';

/** What was packed into the text of a message. */
export interface PackedText {
  type: 'user_message' | 'system_alert' | 'heartbeat' | 'login' | 'tool_result';
  /** What somebody or a tool said; empty where nothing was. */
  message: string;
  /** The speaker's name, where the envelope has one. */
  name: string | null;
  /** True for a tool's result with the status `Failed`. */
  failed: boolean;
  /** The moment written into it, in milliseconds, where its zone is told. */
  at: number | null;
  /** The same moment as it is written; null where none is. */
  time: string | null;
}

/** Reads the JSON that MemGPT packs messages into. Null where a text is none: then somebody just wrote it so. */
export function unpackText(text: string): PackedText | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return null;
  const value = parsed(trimmed);
  if (!isObject(value)) return null;
  const open = (type: PackedText['type'], message: unknown): PackedText => ({
    type,
    message: saidIn(message),
    name: typeof value['name'] === 'string' ? value['name'] : null,
    failed: value['status'] === 'Failed',
    at: typeof value['time'] === 'string' ? shownMoment(value['time']) : null,
    time: typeof value['time'] === 'string' ? value['time'] : null,
  });
  switch (value['type']) {
    case 'user_message':
    case 'system_alert':
      return 'message' in value ? open(value['type'], value['message']) : null;
    case 'heartbeat':
      return open('heartbeat', value['reason']);
    case 'login':
      return open('login', value['last_login']);
    case undefined: {
      const isResult = (value['status'] === 'OK' || value['status'] === 'Failed') && 'message' in value;
      return isResult ? open('tool_result', value['message']) : null;
    }
    default:
      return null;
  }
}

/** A moment as it stands in packed texts. */
export function packTime(at: number): string {
  const [day, clock] = new Date(at).toISOString().slice(0, 19).split('T');
  const hours = new Date(at).getUTCHours();
  const hour = String(hours % 12 === 0 ? 12 : hours % 12).padStart(2, '0');
  return `${day} ${hour}${clock?.slice(2)} ${hours < 12 ? 'AM' : 'PM'} UTC+0000`;
}

const shownTime = /^(\d{4}-\d\d-\d\d) (\d\d):(\d\d):(\d\d) ([AP])M(?: [^\s\d+-]*([+-]\d\d):?(\d\d))?$/u;

/**
 * The moment of `2024-06-30 11:05:20 AM PDT-0700`, in milliseconds. Where it names no zone, as until MemGPT 0.2, it is
 * null, or that of the clock on the wall taken for universal time where `otherwise` is `utc`.
 */
export function shownMoment(text: string, otherwise: 'none' | 'utc' = 'none'): number | null {
  const match = shownTime.exec(text.trim());
  if (match === null || (match[6] === undefined && otherwise === 'none')) return null;
  const [, day, hour, minute, second, half, zoneHours = '+00', zoneMinutes = '00'] = match;
  const hours = (Number(hour) % 12) + (half === 'P' ? 12 : 0);
  const at = Date.parse(`${day}T${String(hours).padStart(2, '0')}:${minute}:${second}.000${zoneHours}:${zoneMinutes}`);
  return Number.isNaN(at) ? null : at;
}

function saidIn(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
