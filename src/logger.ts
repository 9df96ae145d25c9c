import { destination, pino, stdTimeFunctions, type Logger as PinoLogger } from 'pino';
import type { Config } from './config.js';

/** Writes facts: `logger.info({ runId }, 'run claimed')`. */
export type Logger = PinoLogger;

/** How a logger is made. */
export interface LoggerOptions {
  level: Config['logLevel'];
  /** True for lines a person reads in a terminal instead of JSON. */
  human?: boolean;
  /** Takes each finished line, with its line break; standard error where absent. */
  write?: (line: string) => void;
}

const secretFields = [
  'authorization',
  'api-key',
  'x-bare-password',
  'x-api-key',
  'cookie',
  'apiKey',
  'api_key',
  'password',
  'adminPassword',
  'key',
];
const secretPaths = secretFields.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]);
const censored = '[redacted]';

/**
 * Makes the logger: one line for each fact, on standard error, because standard output holds what the program says to
 * people. Fields that carry credentials are redacted by name, and credentials inside of texts by their form.
 */
export function createLogger(options: LoggerOptions): Logger {
  const write = options.write ?? toStandardError();
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: censored },
    },
    { write: (line: string) => write(options.human === true ? toReadable(scrub(line)) : scrub(line)) },
  );
}

function toStandardError(): (line: string) => void {
  const stream = destination({ fd: 2, sync: true });
  return (line) => void stream.write(line);
}

/** Takes credentials out of a text: API keys, bearer tokens, and passwords in URLs. */
export function scrub(text: string): string {
  return text
    .replace(/\b(Bearer|password)\s+[^\s"'\\,}]{6,}/gi, `$1 ${censored}`)
    .replace(/\bsk-[A-Za-z0-9_-]{12,}/g, censored)
    .replace(/([?&](?:api[_-]?key|token|password)=)[^&\s"\\]+/gi, `$1${censored}`)
    .replace(/(:\/\/[^\s:/@"]+:)[^\s@/"]+@/g, `$1${censored}@`);
}

/** One line for a person: time, level, message, and the fields as they were. */
function toReadable(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${String(time).slice(11, 19)} ${String(level).toUpperCase()} ${String(msg ?? '')}${rest.join('')}\n`;
}
