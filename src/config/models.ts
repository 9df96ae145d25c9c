import type { ModelSettingsFile, ProviderSettings } from '../providers/settings.js';
import { azureVariables, firstSet, lettaVariables, type Environment, type SetVariable } from './environment.js';
import { ConfigError } from './fault.js';
import { endpointOf, type LegacySettings } from './legacy.js';
import type { SettingValues } from './settings.js';
import { toBaseUrl, vendors, type Vendor } from './vendors.js';

/** A provider, and where its address was found, for a sentence about it. */
export interface SourcedProvider {
  settings: ProviderSettings;
  source: string;
}

/** What the providers and model names are gathered from. */
export interface ModelSources {
  env: Environment;
  file: { path: string; providers: readonly ProviderSettings[] };
  legacy: LegacySettings | null;
  values: SettingValues;
}

/** The models that a server may call, with the source of every address. */
export interface GatheredModels {
  models: ModelSettingsFile;
  sourced: SourcedProvider[];
}

/**
 * Gathers the providers: those of the configuration file first, for they were chosen on purpose; else those an old
 * server's file names; then those whose variables are set, in the order of the vendors' table. A variable wins over the
 * same provider's entry in a file.
 */
export function gatherModels(sources: ModelSources): GatheredModels {
  const { env, file, legacy, values } = sources;
  const sourced: SourcedProvider[] = file.providers.map((settings) => ({ settings, source: file.path }));
  const useLegacy = legacy !== null && sourced.length === 0;
  if (useLegacy) sourced.push(...legacy.providers.map((settings) => ({ settings, source: "the old server's file" })));
  const letta = lettaServers(env);
  for (const found of [...letta.servers, ...vendors.flatMap((vendor) => fromVariables(vendor, env))]) {
    merge(sourced, found);
  }
  const contextWindow = values.contextWindow ?? letta.contextWindow;
  const providers = sourced.map(({ settings }, index) =>
    index === 0 && contextWindow !== null ? { ...settings, contextWindow } : settings,
  );
  const azure = azureModels(env);
  return {
    sourced,
    models: {
      providers,
      aliases: values.aliases,
      defaultModel:
        values.defaultModel ?? letta.model ?? (useLegacy ? legacy.defaultModel : null) ?? azure.whenAlone(providers),
      embeddingModel:
        values.embeddingModel ?? letta.embeddingModel ?? (useLegacy ? legacy.embeddingModel : null) ?? azure.embedding,
      demo: { latencyMs: values.demoLatencyMs, tokensPerSecond: values.demoTokensPerSecond },
    },
  };
}

function merge(sourced: SourcedProvider[], found: SourcedProvider): void {
  const present = sourced.find(({ settings }) => settings.name === found.settings.name);
  if (present === undefined) {
    sourced.push(found);
    return;
  }
  const { baseUrl, apiKey, apiVersion } = found.settings;
  if (baseUrl !== null && baseUrl !== present.settings.baseUrl) present.source = found.source;
  present.settings = {
    ...present.settings,
    baseUrl: baseUrl ?? present.settings.baseUrl,
    apiKey: apiKey ?? present.settings.apiKey,
    apiVersion: apiVersion ?? present.settings.apiVersion,
  };
}

function fromVariables(vendor: Vendor, env: Environment): SourcedProvider[] {
  const key = firstSet(env, vendor.keys);
  const url = firstSet(env, vendor.urls);
  if (key === null && (url === null || !vendor.keyless)) return [];
  if (vendor.kind === 'azure' && url === null) {
    throw new ConfigError(`${key?.name} is set, but ${vendor.urls[0]}, the address of the resource, is not.`);
  }
  const apiVersion = vendor.kind === 'azure' ? firstSet(env, azureVariables.version)?.text : undefined;
  const settings: ProviderSettings = {
    name: vendor.name,
    kind: vendor.kind,
    baseUrl: url === null ? vendor.baseUrl : addressIn(url, vendor.kind),
    apiKey: key?.text ?? null,
    ...(apiVersion === undefined ? {} : { apiVersion }),
  };
  return [{ settings, source: url?.name ?? key?.name ?? vendor.name }];
}

function addressIn(variable: SetVariable, kind: ProviderSettings['kind']): string {
  const baseUrl = toBaseUrl(variable.text, kind);
  if (baseUrl === null) throw new ConfigError(`${variable.name} must be an http or https URL.`);
  return baseUrl;
}

interface LettaServers {
  servers: SourcedProvider[];
  model: string | null;
  contextWindow: number | null;
  embeddingModel: string | null;
}

/** The one model server and the one embedding server of Letta 0.4's variables. */
function lettaServers(env: Environment): LettaServers {
  const chat = lettaServer(env, lettaVariables.endpoint, lettaVariables.endpointType);
  const vectors = lettaServer(env, lettaVariables.embeddingEndpoint, lettaVariables.embeddingEndpointType);
  const model = firstSet(env, [lettaVariables.model])?.text ?? null;
  const embedding = firstSet(env, [lettaVariables.embeddingModel])?.text ?? null;
  const contextWindow = firstSet(env, [lettaVariables.contextWindow]);
  if (contextWindow !== null && !/^[1-9]\d*$/.test(contextWindow.text)) {
    throw new ConfigError(`${contextWindow.name} must be a whole number of tokens, but is '${contextWindow.text}'.`);
  }
  if (chat !== null && vectors !== null && vectors.settings.baseUrl !== chat.settings.baseUrl) {
    if (vectors.settings.name === chat.settings.name) vectors.settings.name += '-embeddings';
  }
  return {
    servers: [chat, vectors].filter((server) => server !== null),
    model: model !== null && chat !== null ? `${chat.settings.name}/${model}` : model,
    contextWindow: chat === null || contextWindow === null ? null : Number(contextWindow.text),
    embeddingModel: embedding !== null && vectors !== null ? `${vectors.settings.name}/${embedding}` : null,
  };
}

function lettaServer(env: Environment, endpointName: string, typeName: string): SourcedProvider | null {
  const endpoint = firstSet(env, [endpointName]);
  if (endpoint === null) return null;
  const type = firstSet(env, [typeName])?.text ?? 'openai';
  const settings = endpointOf(type, endpoint.text, new Map());
  if (settings === 'retired') throw new ConfigError(`${endpoint.name} names a hosted service that no longer exists.`);
  if (settings === null) throw new ConfigError(`${endpoint.name} must be an http or https URL.`);
  return { settings, source: endpoint.name };
}

function azureModels(env: Environment): {
  embedding: string | null;
  whenAlone(providers: readonly ProviderSettings[]): string | null;
} {
  const deployment = firstSet(env, azureVariables.deployment)?.text;
  const embedding = firstSet(env, azureVariables.embeddingDeployment)?.text;
  return {
    embedding: embedding === undefined ? null : `azure/${embedding}`,
    whenAlone: (providers) =>
      deployment !== undefined && providers[0]?.name === 'azure' ? `azure/${deployment}` : null,
  };
}
