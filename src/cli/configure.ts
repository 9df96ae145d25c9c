import { cancel, intro, isCancel, outro, password, select, text } from '@clack/prompts';
import { ConfigError, findVendor, homeOf, loadConfig, vendors } from '../config.js';
import { chooseProvider, offlineName, type ProviderChoice } from './providers-file.js';
import type { Terminal } from './terminal.js';

/** What the flags of `configure` and `quickstart` may say; what is absent is asked or left to the provider. */
export interface ConfigureFlags {
  provider?: string;
  baseUrl?: string;
  apiKey?: string;
  apiVersion?: string;
  model?: string;
  embeddingModel?: string;
  contextWindow?: number;
  /** False where no question may be asked. */
  interactive?: boolean;
}

/**
 * Chooses the provider and models of this home, by flags or by questions, and writes them down. Nothing is called.
 * Returns the exit status; a person who breaks off has changed nothing.
 */
export async function configure(flags: ConfigureFlags, terminal: Terminal): Promise<number> {
  const asking = flags.interactive !== false && terminal.interactive && flags.provider === undefined;
  if (!asking && flags.provider === undefined) {
    throw new ConfigError(`Name a provider with --provider: ${providerNames().join(', ')}, or any with --base-url.`);
  }
  const choice = asking ? await askChoice(flags) : fromFlags(flags);
  if (choice === null) {
    cancel('Nothing was changed.');
    return 1;
  }
  const path = chooseProvider(homeOf({}), choice);
  const done = `Saved to ${path}`;
  if (asking) outro(done);
  else terminal.print(done);
  return 0;
}

/** A back end of `quickstart`, by the names of old commands and of vendors. */
export const backends = ['openai', 'ollama', 'lmstudio', 'vllm', 'anthropic', 'letta', 'memgpt', offlineName] as const;

/** One of the back ends. */
export type Backend = (typeof backends)[number];

/** The back end of a `quickstart` that names none: the first whose variables are set, else the stand-in. */
export function usualBackend(): Backend {
  const configured = loadConfig({ refuseOwnUpstream: false }).models.providers.map((provider) => provider.name);
  return backends.find((backend) => configured.includes(backend)) ?? offlineName;
}

/** Configures a back end with its usual models, without a question and without calling anything. */
export function quickstart(backend: Backend, flags: ConfigureFlags, terminal: Terminal): number {
  const retired = backend === 'letta' || backend === 'memgpt';
  if (retired) terminal.print(`The hosted ${backend} models no longer exist; the built-in stand-in takes their place.`);
  const provider = retired ? offlineName : backend;
  const vendor = findVendor(provider);
  const path = chooseProvider(homeOf({}), {
    ...fromFlags({ ...flags, provider }),
    model: flags.model ?? vendor?.model ?? null,
    embeddingModel: flags.embeddingModel ?? vendor?.embeddingModel ?? null,
  });
  terminal.print(`Saved to ${path}`);
  const key = vendor === null || vendor.baseUrl?.includes('//localhost') ? undefined : vendor.keys[0];
  if (key !== undefined && flags.apiKey === undefined) {
    terminal.print(`Set ${key} before you start, or keep a key in the file with --api-key.`);
  }
  return 0;
}

function providerNames(): string[] {
  return [...vendors.map((vendor) => vendor.name), offlineName];
}

function fromFlags(flags: ConfigureFlags): ProviderChoice {
  return {
    provider: flags.provider ?? offlineName,
    baseUrl: flags.baseUrl ?? null,
    apiKey: flags.apiKey ?? null,
    apiVersion: flags.apiVersion ?? null,
    model: flags.model ?? null,
    embeddingModel: flags.embeddingModel ?? null,
    contextWindow: flags.contextWindow ?? null,
  };
}

/** Asks one thing after another; null as soon as the person breaks off. */
async function askChoice(flags: ConfigureFlags): Promise<ProviderChoice | null> {
  intro('Which model shall your agents use?');
  const options = providerNames().map((name) => ({ value: name, label: name, hint: hintOf(name) }));
  const provider = await select({ message: 'Provider', options });
  if (isCancel(provider)) return null;
  const chosen = fromFlags({ ...flags, provider });
  if (provider === offlineName) return chosen;
  const vendor = findVendor(provider);
  const baseUrl = await askText('Base URL', flags.baseUrl ?? vendor?.baseUrl ?? '', "empty is the vendor's own");
  if (baseUrl === null) return null;
  const variable = vendor?.keys[0];
  const hint = variable === undefined ? 'empty for none' : `empty to use ${variable}`;
  const apiKey = await password({ message: `API key (${hint})` });
  if (isCancel(apiKey)) return null;
  const model = await askText('Model', flags.model ?? vendor?.model ?? '', "empty is the provider's first");
  if (model === null) return null;
  const vectors = flags.embeddingModel ?? vendor?.embeddingModel ?? '';
  const embeddingModel = await askText('Embedding model', vectors, 'empty searches by words');
  if (embeddingModel === null) return null;
  return {
    ...chosen,
    baseUrl: baseUrl || null,
    apiKey: apiKey || null,
    model: model || null,
    embeddingModel: embeddingModel || null,
  };
}

async function askText(message: string, initialValue: string, placeholder: string): Promise<string | null> {
  const answer = await text({ message, initialValue, placeholder });
  return isCancel(answer) ? null : (answer ?? '').trim();
}

function hintOf(name: string): string {
  if (name === offlineName) return 'a rule-based stand-in: no key, no network';
  const vendor = findVendor(name);
  return vendor?.baseUrl ?? (vendor?.kind === 'azure' ? 'your own resource' : 'api.openai.com');
}
