import type { ToolResult } from '../domain/tool.js';
import { openZone } from '../domain/zone.js';
import { isRecord, readLenientJson } from './lenient-json.js';

/*
 * The JSON texts in which the heartbeat protocol wraps what a model is told. Member names and the form of `time` are
 * those of MemGPT 0.3, because stored histories and old clients read them.
 */

/** Writes a time (milliseconds since the epoch) as envelopes show it: `2024-04-12 09:03:11 PM CEST+0200`. */
export type TimeFormat = (at: number) => string;

/** Why a heartbeat is sent: the model asked for one, its last call failed, its work is not done, or a call is missing. */
export type HeartbeatReason = 'requested' | 'failed' | 'continued' | 'missing';

/** Any envelope, read back. */
export interface OpenedEnvelope {
  type: 'user_message' | 'system_alert' | 'heartbeat' | 'login' | 'tool_result';
  /** What it says: the message, a heartbeat's reason, a login's `last_login`. */
  message: string;
  /** As it was written, or null where there is none. */
  time: string | null;
  name: string | null;
  /** True for a tool result with the status `Failed`. */
  failed: boolean;
}

const automatic = '[Automatic signal, invisible to the user]';

/** What a heartbeat tells the model. Each begins with a marker, so that no model takes it for the user's words. */
export const heartbeatTexts: Readonly<Record<HeartbeatReason, string>> = {
  requested: `${automatic} You asked for a heartbeat, so it is your turn again.`,
  failed: `${automatic} Your last call failed, so it is your turn again. Read its result, then mend the call or answer.`,
  continued: `${automatic} Your work is not finished, so it is your turn again. Go on, or answer with send_message.`,
  missing: `${automatic} The rules of your tools do not let you finish yet. Call what they still ask for.`,
};

const firstLogin = 'Never: this is the first login';

/** The format of a time zone by its IANA name. A name nobody knows is read as UTC, so a stored setting never stops an agent. */
export function timeFormat(zone: string): TimeFormat {
  const names = zoneNames(zone);
  if (names === null) return zone === 'UTC' ? utcTime : timeFormat('UTC');
  const { wall } = openZone(zone);
  return (at) => {
    const local = wall(at);
    return write(local, names(at), Math.round((local - at) / 60_000));
  };
}

const utcTime: TimeFormat = (at) => write(at, 'UTC', 0);

/** Envelopes wear short zone names; one locale knows those of America, the other those of Europe. */
function zoneNames(zone: string): TimeFormat | null {
  if (zone === 'UTC') return null;
  try {
    const formats = ['en-US', 'en-GB'].map(
      (locale) => new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }),
    );
    return (at) => {
      const names = formats.map(
        (format) => format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value,
      );
      return names.find((name) => name !== undefined && /^[A-Z]{3,5}$/.test(name)) ?? 'GMT';
    };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** `localAt` is the wall clock read as if it were UTC. */
function write(localAt: number, zone: string, offsetMinutes: number): string {
  const local = new Date(localAt);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = local.getUTCHours();
  const date = `${local.getUTCFullYear()}-${two(local.getUTCMonth() + 1)}-${two(local.getUTCDate())}`;
  const time = `${two(hours % 12 === 0 ? 12 : hours % 12)}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
  const away = Math.abs(offsetMinutes);
  const offset = `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}${two(away % 60)}`;
  return `${date} ${time} ${hours < 12 ? 'AM' : 'PM'} ${zone}${offset}`;
}

/** A user's words. A text that is a packed alert already comes back as it is. */
export function packUserMessage(
  text: string,
  at: number,
  options: { name?: string | null; formatTime?: TimeFormat } = {},
): string {
  if (unpack(text)?.type === 'system_alert') return text;
  const { name, formatTime = utcTime } = options;
  const named = name === undefined || name === null ? {} : { name };
  return JSON.stringify({ type: 'user_message', message: text, time: formatTime(at), ...named });
}

/** What the engine or an administrator tells the model. A text that is a packed alert already comes back as it is. */
export function packAlert(text: string, at: number, formatTime: TimeFormat = utcTime): string {
  if (unpack(text)?.type === 'system_alert') return text;
  return JSON.stringify({ type: 'system_alert', message: text, time: formatTime(at) });
}

/** The signal that gives the model another turn. */
export function packHeartbeat(reason: HeartbeatReason, at: number, formatTime: TimeFormat = utcTime): string {
  return JSON.stringify({ type: 'heartbeat', reason: heartbeatTexts[reason], time: formatTime(at) });
}

/** The arrival of the user, as a new agent sees it. */
export function packLogin(at: number, formatTime: TimeFormat = utcTime): string {
  return JSON.stringify({ type: 'login', last_login: firstLogin, time: formatTime(at) });
}

/** What a tool said, with the word `OK` or `Failed`. */
export function packToolResult(result: ToolResult, at: number, formatTime: TimeFormat = utcTime): string {
  const status = result.failed ? 'Failed' : 'OK';
  return JSON.stringify({ status, message: result.output, time: formatTime(at) });
}

/**
 * Reads any envelope back, or returns null where the text is none. Lenient as the old readers were: raw line breaks
 * inside texts and messages that are objects are understood.
 */
export function unpack(text: string): OpenedEnvelope | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}') || !/"(?:type|status)"\s*:/.test(trimmed)) return null;
  const value = readLenientJson(trimmed);
  if (!isRecord(value)) return null;
  const time = typeof value.time === 'string' ? value.time : null;
  const name = typeof value.name === 'string' ? value.name : null;
  const open = (type: OpenedEnvelope['type'], message: unknown, failed = false): OpenedEnvelope | null =>
    message === undefined ? null : { type, message: toText(message), time, name, failed };
  switch (value.type) {
    case 'user_message':
    case 'system_alert':
      return open(value.type, value.message);
    case 'heartbeat':
      return open('heartbeat', value.reason);
    case 'login':
      return open('login', value.last_login);
    case undefined:
      if (value.status !== 'OK' && value.status !== 'Failed') return null;
      return open('tool_result', value.message, value.status === 'Failed');
    default:
      return null;
  }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
