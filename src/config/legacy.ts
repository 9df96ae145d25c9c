import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProviderSettings } from '../providers/settings.js';
import { firstSet, legacyPathVariables, type Environment } from './environment.js';
import { ConfigError } from './fault.js';
import { findVendor, toBaseUrl } from './vendors.js';

/** What the configuration of an old server says about models and profiles. */
export interface LegacySettings {
  providers: ProviderSettings[];
  /** `provider/model`, or null where it names none that still exists. */
  defaultModel: string | null;
  embeddingModel: string | null;
  persona: string | null;
  human: string | null;
  /** Sentences worth telling at the start. */
  notices: string[];
}

type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

const retiredHosts = ['inference.memgpt.ai', 'inference.letta.com'];

/**
 * Reads the INI file that MemGPT (`~/.memgpt/config`) or Letta (`~/.letta/config`) left behind, and the credentials
 * beside it. Null where there is none. Storage, presets and the client's id are not read: they describe another database.
 */
export function readLegacy(env: Environment, userHome: string): LegacySettings | null {
  const named = firstSet(env, [legacyPathVariables.config])?.text ?? null;
  if (named !== null && !existsSync(named)) {
    throw new ConfigError(`${legacyPathVariables.config} names a file that does not exist: ${named}`);
  }
  const places = [join(userHome, '.letta', 'config'), join(userHome, '.memgpt', 'config')];
  const path = named ?? places.find((place) => existsSync(place)) ?? null;
  if (path === null) return null;
  const credentialsPath = firstSet(env, [legacyPathVariables.credentials])?.text ?? join(dirname(path), 'credentials');
  return interpret(path, parseIni(readFile(path)), readCredentials(credentialsPath));
}

/** Sections and keys of an INI text; both in lower case, `None` and empty values left out. */
export function parseIni(text: string): Sections {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = sections.get(heading.toLowerCase()) ?? new Map<string, string>();
      sections.set(heading.toLowerCase(), section);
      continue;
    }
    const [, key, value] = /^\s*([^#;=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined && value !== '' && value !== 'None') {
      section.set(key.toLowerCase(), value);
    }
  }
  return sections;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`The old configuration file ${path} cannot be read.`, { cause });
  }
}

function readCredentials(path: string): Sections {
  return existsSync(path) ? parseIni(readFile(path)) : new Map();
}

function interpret(path: string, config: Sections, credentials: Sections): LegacySettings {
  const notices: string[] = [];
  const model = config.get('model');
  const embedding = config.get('embedding');
  const chat = endpointOf(model?.get('model_endpoint_type'), model?.get('model_endpoint'), credentials);
  const vectors = endpointOf(
    embedding?.get('embedding_endpoint_type'),
    embedding?.get('embedding_endpoint'),
    credentials,
  );
  if (chat === 'retired') notices.push(`${path} names a hosted model service that no longer exists; it is ignored.`);
  const providers: ProviderSettings[] = [];
  if (chat !== null && chat !== 'retired') {
    const window = Number(model?.get('context_window'));
    providers.push({ ...chat, contextWindow: Number.isInteger(window) && window > 0 ? window : null });
  }
  const known = vectors === null || vectors === 'retired' ? null : adopt(providers, vectors);
  const first = providers[0];
  return {
    providers,
    defaultModel: chat === 'retired' ? null : qualified(first?.name, model?.get('model')),
    embeddingModel: qualified(known?.name, embedding?.get('embedding_model')),
    persona: config.get('defaults')?.get('persona') ?? null,
    human: config.get('defaults')?.get('human') ?? null,
    notices,
  };
}

/** The provider that makes vectors: the one there is where the address is the same, else one more. */
function adopt(providers: ProviderSettings[], vectors: ProviderSettings): ProviderSettings {
  const same = providers.find((provider) => provider.baseUrl === vectors.baseUrl && provider.kind === vectors.kind);
  if (same !== undefined) return same;
  const taken = providers.some((provider) => provider.name === vectors.name);
  const added = taken ? { ...vectors, name: `${vectors.name}-embeddings` } : vectors;
  providers.push(added);
  return added;
}

function qualified(provider: string | undefined, model: string | undefined): string | null {
  return provider === undefined || model === undefined ? null : `${provider}/${model}`;
}

/**
 * The provider an old endpoint type and address stand for, null where they name none that can be called. The names of
 * the types are those of MemGPT 0.3 and Letta 0.4: vendors, and the local servers it spoke to.
 */
export function endpointOf(
  type: string | undefined,
  endpoint: string | undefined,
  credentials: Sections,
): ProviderSettings | 'retired' | null {
  if (type === undefined || type === 'local') return null;
  if (endpoint !== undefined && retiredHosts.some((host) => endpoint.includes(host))) return 'retired';
  const name = type.replace(/-legacy$/, '').replace('google_ai', 'gemini');
  const keys = credentials.get(type);
  const kind = name === 'azure' ? 'azure' : 'openai';
  const vendor = findVendor(name);
  const address = kind === 'azure' ? (keys?.get('endpoint') ?? endpoint) : endpoint;
  const isVendorsOwn = name === 'openai' && (address === undefined || address.includes('//api.openai.com'));
  // Addresses of hosted vendors in old files belong to their own dialects, which the vendors' OpenAI-shaped ones replace.
  const ownDialect = vendor !== null && !vendor.keyless && kind === 'openai';
  const baseUrl = isVendorsOwn ? null : ownDialect ? vendor.baseUrl : toBaseUrl(address ?? vendor?.baseUrl ?? '', kind);
  if (baseUrl === null && !isVendorsOwn) return null;
  return { name, kind, baseUrl, apiKey: keys?.get('key') ?? null, apiVersion: keys?.get('version') ?? null };
}
