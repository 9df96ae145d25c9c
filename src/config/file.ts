import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './fault.js';
import { settings, type SettingName, type SettingValues } from './settings.js';

const providerSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i),
  kind: z.enum(['openai', 'azure', 'demo']),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null),
  apiKey: z.string().nullable().default(null),
  apiVersion: z.string().nullable().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  contextWindow: z.int().positive().nullable().optional(),
});

/** What the configuration file may hold: any setting by name, and the providers. */
export type ConfigFile = Partial<SettingValues> & { providers?: z.infer<typeof providerSchema>[] };

const listSchema = z.array(providerSchema).superRefine((providers, context) => {
  const names = providers.map((provider) => provider.name);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) context.addIssue({ code: 'custom', path: [twice, 'name'], message: 'is the name of two providers' });
});

/** Names of the file's fields, for the document that lists them. */
export const fileFields: readonly string[] = [
  ...Object.entries(settings).flatMap(([name, setting]) => (setting.inFile ? [name] : [])),
  'providers',
];

/** Where the configuration file of a home stands. */
export function configPath(home: string): string {
  return join(home, 'config.json');
}

/** Reads the file of a home; empty where there is none. Throws a ConfigError that names file and field. */
export function readConfigFile(home: string): ConfigFile {
  const path = configPath(home);
  if (!existsSync(path)) return {};
  const content = parseJson(path, readText(path));
  const result: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(content)) {
    if (field === 'providers') result.providers = readProviders(path, value);
    else result[field] = readField(path, field, value);
  }
  return result as ConfigFile;
}

/** Writes the file whole, readable by its owner alone; a reader sees the old or the new one, never a part. */
export function writeConfigFile(home: string, content: ConfigFile): string {
  const path = configPath(home);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
  return path;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`The configuration file ${path} cannot be read.`, { cause });
  }
}

function parseJson(path: string, text: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text around the fault, which may be a key.
    throw new ConfigError(`The configuration file ${path} is not valid JSON.`);
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(content);
  if (!parsed.success) throw new ConfigError(`The configuration file ${path} must hold one JSON object.`);
  return parsed.data;
}

function readField(path: string, field: string, value: unknown): unknown {
  const setting = Object.hasOwn(settings, field) ? settings[field as SettingName] : null;
  if (setting === null || !setting.inFile) {
    const hint = setting === null ? 'is not a setting' : 'is never kept in a file; set it in the environment';
    throw new ConfigError(`The field '${field}' in ${path} ${hint}.`);
  }
  const parsed = setting.schema.safeParse(value);
  if (!parsed.success) throw new ConfigError(`The field '${field}' in ${path} must be ${setting.expected}.`);
  return parsed.data;
}

function readProviders(path: string, value: unknown): ConfigFile['providers'] {
  const parsed = listSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = ['providers', ...(issue?.path ?? [])].join('.');
  throw new ConfigError(`The field '${field}' in ${path} cannot be used: ${issue?.message ?? 'it is wrong'}.`);
}
