import { AppError } from '../domain/errors.js';
import { defaultUserId } from '../domain/ids.js';
import { defaultPreset } from '../engine/prompts/presets.js';
import type { ProviderRegistry } from '../providers/provider.js';
import { modelOf, type AgentModel } from './agent-view.js';

/** What agents get on this server who ask for nothing else. None of it is secret. */
export interface ServerFacts {
  defaultUserId: string;
  preset: string;
  persona: string;
  human: string;
  model: AgentModel;
  embedder: { provider: string; name: string } | null;
  /** The word for the database: `sqlite` or `postgres`. */
  storage: string;
}

/** The verb of what a server says of itself. */
export interface ServerFactService {
  describe(): Promise<ServerFacts>;
  /** Who makes vectors, or null where nobody does. */
  embedder(): ServerFacts['embedder'];
  /** A model's name with its provider, where the provider is configured; else the name alone. */
  modelName(model: string, provider: string | null): string;
}

/** Makes the verb. */
export function createServerFactService(parts: { registry: ProviderRegistry; storage: string }): ServerFactService {
  const { registry, storage } = parts;
  const embedder = (): ServerFacts['embedder'] => {
    const found = registry.embedder();
    return found === null ? null : { provider: found.provider.name, name: found.model };
  };
  return {
    embedder,
    modelName: (model, provider) => {
      const isKnown = registry.providers().some((known) => known.name === provider);
      if (!isKnown || provider === null || leadsTo(registry, model) === provider) return model;
      return `${provider}/${model}`;
    },
    describe: async () => {
      return {
        defaultUserId,
        preset: defaultPreset.name,
        persona: defaultPreset.persona,
        human: defaultPreset.human,
        model: await modelOf(registry, { model: '', settings: {} }),
        embedder: embedder(),
        storage,
      };
    },
  };
}

function leadsTo(registry: ProviderRegistry, model: string): string | null {
  try {
    return registry.resolve(model).provider.name;
  } catch (error) {
    if (error instanceof AppError && error.code === 'model_refused') return null;
    throw error;
  }
}
