import { ConfigError } from './fault.js';
import { settings, type SettingName, type SettingValues } from './settings.js';
import { vendors } from './vendors.js';

/** Variables as the process got them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that names the home; it is read before any file. */
export const homeVariable = 'THREADKEEPER_HOME';

/** The variables of an Azure resource besides key and endpoint. */
export const azureVariables = {
  version: ['AZURE_OPENAI_API_VERSION', 'AZURE_OPENAI_VERSION', 'OPENAI_API_VERSION'],
  deployment: ['AZURE_OPENAI_DEPLOYMENT'],
  embeddingDeployment: ['AZURE_OPENAI_EMBEDDING_DEPLOYMENT'],
} as const;

/** The variables by which Letta named one model server. */
export const lettaVariables = {
  endpoint: 'LETTA_LLM_ENDPOINT',
  endpointType: 'LETTA_LLM_ENDPOINT_TYPE',
  model: 'LETTA_LLM_MODEL',
  contextWindow: 'LETTA_LLM_CONTEXT_WINDOW',
  embeddingEndpoint: 'LETTA_EMBEDDING_ENDPOINT',
  embeddingEndpointType: 'LETTA_EMBEDDING_ENDPOINT_TYPE',
  embeddingModel: 'LETTA_EMBEDDING_MODEL',
} as const;

/** The variables by which the old servers found their own files. */
export const legacyPathVariables = { config: 'MEMGPT_CONFIG_PATH', credentials: 'MEMGPT_CREDENTIALS_PATH' } as const;

const databasePrefixes = ['LETTA_PG_', 'MEMGPT_PG_'] as const;
const databaseParts = ['USER', 'PASSWORD', 'HOST', 'PORT', 'DB'] as const;

/** Every variable that is read, for the document that lists them. */
export const variableNames: readonly string[] = [
  homeVariable,
  ...Object.values(settings).flatMap((setting) => [...setting.variables]),
  ...databasePrefixes.flatMap((prefix) => databaseParts.map((part) => prefix + part)),
  ...vendors.flatMap((vendor) => [...vendor.keys, ...vendor.urls]),
  ...Object.values(azureVariables).flat(),
  ...Object.values(lettaVariables),
  ...Object.values(legacyPathVariables),
];

/** A variable that is set: its name and its text. */
export interface SetVariable {
  name: string;
  text: string;
}

/** The first of some variables that is set. An empty one is not, nor an old one that says `None`, as Letta read it. */
export function firstSet(env: Environment, names: readonly string[]): SetVariable | null {
  for (const name of names) {
    const text = env[name]?.trim();
    if (text === undefined || text === '') continue;
    if (text === 'None' && !name.startsWith('THREADKEEPER_')) continue;
    return { name, text };
  }
  return null;
}

/** The settings that the environment carries. Throws a ConfigError that names the variable. */
export function readEnvironment(env: Environment): Partial<SettingValues> {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const found = firstSet(env, setting.variables);
    if (found === null) continue;
    const parsed = setting.schema.safeParse(setting.fromText(found.text));
    if (!parsed.success) throw wrongText(found, name as SettingName);
    values[name] = parsed.data;
  }
  values.databaseUrl ??= databaseFromParts(env);
  return values as Partial<SettingValues>;
}

function wrongText(found: SetVariable, name: SettingName): ConfigError {
  const setting = settings[name];
  const shown = setting.secret ? '' : `, but is '${found.text.slice(0, 80)}'`;
  return new ConfigError(`${found.name} must be ${setting.expected}${shown}.`);
}

/** The database of the old servers in five parts; all of them must be set to count. */
function databaseFromParts(env: Environment): string | undefined {
  for (const prefix of databasePrefixes) {
    const parts = databaseParts.map((part) => firstSet(env, [prefix + part])?.text);
    if (!parts.every((part) => part !== undefined)) continue;
    const [user, password, host, port, database] = parts.map((part) => encodeURIComponent(part));
    return `postgresql://${user}:${password}@${host}:${port}/${database}`;
  }
  return undefined;
}
