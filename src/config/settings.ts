import { z } from 'zod';
import { isZoneName } from '../domain/zone.js';
import { limits } from '../domain/limits.js';
import { sleepTimeEveryMax } from '../domain/sleep-time.js';

/** How much the log tells, most first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/**
 * One setting: the variables that carry it (the first is its own name, the others are understood because older
 * deployments set them), what it must be in the words of an error sentence, and its value where nobody sets it.
 */
interface Setting<T> {
  readonly variables: readonly string[];
  readonly expected: string;
  readonly schema: z.ZodType<T>;
  readonly fallback: T;
  /** Turns the text of a variable into what the schema reads; text that cannot be turned is handed on as it is. */
  readonly fromText: (text: string) => unknown;
  /** True where the value must never be repeated in a message. */
  readonly secret: boolean;
  /** False where the setting is never read from or written to a file. */
  readonly inFile: boolean;
}

const asIs = (text: string): unknown => text;
const asNumber = (text: string): unknown => (/^\d+$/.test(text.trim()) ? Number(text.trim()) : text);

function asBoolean(text: string): unknown {
  const word = text.trim().toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(word)) return true;
  if (['0', 'false', 'no', 'off'].includes(word)) return false;
  return text;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON list, or words with commas between them. */
function asList(text: string): unknown {
  if (text.trim().startsWith('[')) return asJson(text);
  return text.split(',').flatMap((word) => (word.trim() === '' ? [] : [word.trim()]));
}

/** A JSON object, or `name=meaning` pairs with commas between them. */
function asPairs(text: string): unknown {
  if (text.trim().startsWith('{')) return asJson(text);
  const pairs = asList(text);
  if (!Array.isArray(pairs)) return undefined;
  const entries = pairs.map((pair: string) => [pair.slice(0, pair.indexOf('=')).trim(), pair.split('=')[1]?.trim()]);
  return entries.every(([name, meaning]) => name && meaning) ? Object.fromEntries(entries) : undefined;
}

function setting<T>(
  variables: readonly string[],
  schema: z.ZodType<T>,
  fallback: T,
  expected: string,
  more: Partial<Pick<Setting<T>, 'fromText' | 'secret' | 'inFile'>> = {},
): Setting<T> {
  return { variables, schema, fallback, expected, fromText: asIs, secret: false, inFile: true, ...more };
}

const text = z.string().min(1);
const optionalText = text.nullable();
const wholeNumber = { fromText: asNumber };

/** Every setting but those that describe a provider; the names are the fields of the configuration file. */
export const settings = {
  host: setting(['THREADKEEPER_HOST'], text, 'localhost', 'a host name or address to listen on'),
  port: setting(
    ['THREADKEEPER_PORT'],
    z.int().min(0).max(65_535),
    8283,
    'a whole number from 0 to 65535 (0 takes any free port)',
    wholeNumber,
  ),
  useSsl: setting(['THREADKEEPER_USE_SSL'], z.boolean(), false, 'true or false', { fromText: asBoolean }),
  sslCert: setting(['THREADKEEPER_SSL_CERT'], optionalText, null, 'the path of a PEM certificate'),
  sslKey: setting(['THREADKEEPER_SSL_KEY'], optionalText, null, 'the path of a PEM private key'),
  databaseUrl: setting(
    ['THREADKEEPER_DATABASE_URL', 'LETTA_PG_URI', 'MEMGPT_PG_URI', 'MEMGPT_PGURI', 'POSTGRES_URI', 'PGURI'],
    optionalText,
    null,
    'a folder, sqlite:<folder>, or postgres://user:password@host/database',
    { secret: true },
  ),
  adminPassword: setting(
    ['THREADKEEPER_ADMIN_PASSWORD', 'MEMGPT_SERVER_PASS', 'LETTA_SERVER_PASS', 'LETTA_SERVER_PASSWORD'],
    optionalText,
    null,
    'a password',
    { secret: true, inFile: false },
  ),
  timezone: setting(
    ['THREADKEEPER_TIMEZONE'],
    z.string().refine(isZoneName),
    'UTC',
    "the IANA name of a time zone, such as 'Europe/Berlin'",
  ),
  memoryScope: setting(['THREADKEEPER_MEMORY_SCOPE'], z.enum(['thread', 'shared']), 'thread', "'thread' or 'shared'"),
  memoryFlush: setting(['THREADKEEPER_MEMORY_FLUSH'], z.boolean(), false, 'true or false', { fromText: asBoolean }),
  sleepTimeEvery: setting(
    ['THREADKEEPER_SLEEP_TIME_EVERY'],
    z.int().min(0).max(sleepTimeEveryMax),
    0,
    `a whole number of answers from 0 (never) to ${sleepTimeEveryMax}`,
    wholeNumber,
  ),
  corsOrigins: setting(
    ['THREADKEEPER_CORS_ORIGINS', 'LETTA_CORS_ORIGINS', 'MEMGPT_CORS_ORIGINS'],
    z.array(text),
    [],
    'a JSON list of origins, or origins with commas between them',
    { fromText: asList },
  ),
  requestsPerMinute: setting(
    ['THREADKEEPER_REQUESTS_PER_MINUTE'],
    z.int().min(0).max(1_000_000),
    0,
    'a whole number from 0 (no limit) to 1000000',
    wholeNumber,
  ),
  logLevel: setting(
    ['THREADKEEPER_LOG_LEVEL', 'LOG_LEVEL'],
    z.enum(logLevels),
    'info',
    `one of ${logLevels.join(', ')}`,
    {
      fromText: (word) =>
        word
          .trim()
          .toLowerCase()
          .replace(/^warning$/, 'warn')
          .replace(/^critical$/, 'fatal'),
    },
  ),
  workerConcurrency: setting(
    ['THREADKEEPER_WORKER_CONCURRENCY'],
    z.int().min(0).max(10_000),
    64,
    'a whole number from 0 (this process only answers requests) to 10000',
    wholeNumber,
  ),
  cacheUrl: setting(['THREADKEEPER_CACHE_URL'], optionalText, null, 'memory:, redis://… or postgres://…', {
    secret: true,
  }),
  filesUrl: setting(['THREADKEEPER_FILES_URL'], optionalText, null, "a folder, or 'database:'"),
  fileBytesMax: setting(
    ['THREADKEEPER_FILE_BYTES_MAX'],
    z.int().min(1).max(limits.fileBytesMax),
    limits.fileBytesMax,
    `a whole number of bytes, at most ${limits.fileBytesMax}`,
    wholeNumber,
  ),
  fileConcurrency: setting(
    ['THREADKEEPER_FILE_CONCURRENCY'],
    z.int().min(0).max(64),
    2,
    'a whole number from 0 (this process reads no files) to 64',
    wholeNumber,
  ),
  eventRetentionMs: setting(
    ['THREADKEEPER_EVENT_RETENTION_MS'],
    z.int().min(0),
    limits.eventRetentionMs,
    'a whole number of milliseconds',
    wholeNumber,
  ),
  debug: setting(['THREADKEEPER_DEBUG', 'LETTA_DEBUG', 'MEMGPT_DEBUG'], z.boolean(), false, 'true or false', {
    fromText: asBoolean,
  }),
  serverUrl: setting(
    ['THREADKEEPER_SERVER_URL', 'LETTA_BASE_URL', 'MEMGPT_BASE_URL'],
    z.url({ protocol: /^https?$/ }).nullable(),
    null,
    'an http or https address of a running server',
  ),
  defaultModel: setting(['THREADKEEPER_MODEL'], optionalText, null, 'a model, as provider/model or a bare name'),
  embeddingModel: setting(['THREADKEEPER_EMBEDDING_MODEL'], optionalText, null, 'a model that makes vectors'),
  contextWindow: setting(
    ['THREADKEEPER_CONTEXT_WINDOW'],
    z.int().min(limits.contextTokensMin).nullable(),
    null,
    `a whole number of tokens, at least ${limits.contextTokensMin}`,
    wholeNumber,
  ),
  aliases: setting(
    ['THREADKEEPER_MODEL_ALIASES'],
    z.record(text, text),
    {},
    'a JSON object, or name=model pairs with commas between them',
    { fromText: asPairs },
  ),
  demoLatencyMs: setting(
    ['THREADKEEPER_DEMO_LATENCY_MS'],
    z.int().min(0).max(600_000),
    0,
    'a whole number of milliseconds, at most 600000',
    wholeNumber,
  ),
  demoTokensPerSecond: setting(
    ['THREADKEEPER_DEMO_TOKENS_PER_SECOND'],
    z.int().min(0),
    0,
    'a whole number; 0 is as fast as possible',
    wholeNumber,
  ),
  persona: setting(['THREADKEEPER_PERSONA'], text, 'sam_pov', 'the name of a persona'),
  human: setting(['THREADKEEPER_HUMAN'], text, 'basic', 'the name of a human'),
} as const;

/** The name of a setting, as the configuration file spells it. */
export type SettingName = keyof typeof settings;

/** Every setting with its value. */
export type SettingValues = { [Name in SettingName]: z.infer<(typeof settings)[Name]['schema']> };
