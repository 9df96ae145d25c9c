import { createDemoProvider, demoModelName, demoProviderName } from './demo.js';
import { createOpenaiProvider } from './openai.js';
import { noCache, silentLogger, type ProviderCache, type ProviderLogger } from './surroundings.js';
import { ProviderError, type Provider, type ProviderRegistry, type ResolvedModel } from './provider.js';
import type { ModelSettingsFile, ProviderSettings } from './settings.js';
import type { Clock } from '../domain/clock.js';

/** What a registry is given besides its settings. */
export interface RegistryOptions {
  clock: Clock;
  logger?: ProviderLogger;
  /** Keeps lists of models for a while. */
  cache?: ProviderCache;
}

/** Aliases of aliases that are followed; more is a circle. */
const aliasDepth = 8;

/** The stand-in's full name. */
export const demoModel = `${demoProviderName}/${demoModelName}`;

/** Words that name a kind of server and never the maker of a model, so they must be configured to mean anything. */
const serverNames = new Set(
  'ollama lmstudio vllm llamacpp azure openrouter anthropic google_ai bedrock groq'.split(' '),
);

/** The retired hosted models, whose names old clients send without being asked. */
const retiredNames = new Set(['letta', 'memgpt']);

/** What a new agent gets from a provider where nobody names a model; any other provider's first model. */
const firstChoices: Record<string, string> = { openai: 'gpt-4o-mini', ollama: 'llama3.1' };

/**
 * Finds the provider of a model's name. `provider/model` goes where it says; a bare name, or one whose first part is
 * no provider here (such as the maker in `meta-llama/Llama-3.1-8B`), goes to the first provider as it is. Where none is
 * configured, every name means the stand-in.
 */
export function createRegistry(settings: ModelSettingsFile, options: RegistryOptions): ProviderRegistry {
  const demo = createDemoProvider(settings.demo);
  const remote = settings.providers.filter((one) => one.kind !== 'demo');
  const surroundings = {
    clock: options.clock,
    logger: options.logger ?? silentLogger,
    cache: options.cache ?? noCache,
  };
  const providers: Provider[] = remote.map((one) => createOpenaiProvider(one, surroundings));
  const aliases = { ...settings.aliases };
  const first = providers[0] ?? demo;
  const defaultModel = settings.defaultModel ?? firstChoice(remote[0]);

  const resolve = (name: string): ResolvedModel => {
    const meant = followAliases(aliases, name === '' ? defaultModel : name);
    const slash = meant.indexOf('/');
    const prefix = slash < 0 ? '' : meant.slice(0, slash);
    if (prefix === demoProviderName) return { provider: demo, model: meant.slice(slash + 1) };
    if (providers.length === 0) return { provider: demo, model: demoModelName };
    const named = providers.find((provider) => provider.name === prefix);
    if (named !== undefined) return { provider: named, model: meant.slice(slash + 1) };
    if (retiredNames.has(prefix) && name !== defaultModel) return resolve(defaultModel);
    if (serverNames.has(prefix) && first.name !== 'openrouter') {
      throw new ProviderError(
        'model_refused',
        `The model '${name}' does not exist: no provider '${prefix}' is configured.`,
      );
    }
    return { provider: first, model: meant };
  };

  return {
    resolve,
    embedder() {
      if (settings.embeddingModel === null || settings.embeddingModel === '') return null;
      const found = resolve(settings.embeddingModel);
      return found.provider === demo ? null : found;
    },
    providers: () => [...providers, demo],
    aliases: () => ({ ...aliases }),
    defaultModel,
  };
}

function firstChoice(provider: ProviderSettings | undefined): string {
  if (provider === undefined) return demoModel;
  return `${provider.name}/${firstChoices[provider.name] ?? 'default'}`;
}

/** Exact names win over `*`; a name never meets itself, and a chain too long ends where it stands. */
function followAliases(aliases: Record<string, string>, name: string): string {
  let meant = name;
  const seen = new Set<string>();
  for (let step = 0; step < aliasDepth && !seen.has(meant); step += 1) {
    seen.add(meant);
    const next = Object.hasOwn(aliases, meant) ? aliases[meant] : undefined;
    if (next === undefined) break;
    meant = next;
  }
  if (seen.size > 1 || meant.startsWith(`${demoProviderName}/`) || Object.hasOwn(aliases, meant)) return meant;
  return aliases['*'] ?? meant;
}
