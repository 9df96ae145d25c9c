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
}

/** Makes the verb. */
export function createServerFactService(parts: { registry: ProviderRegistry; storage: string }): ServerFactService {
  const { registry, storage } = parts;
  return {
    describe: async () => {
      const embedder = registry.embedder();
      return {
        defaultUserId,
        preset: defaultPreset.name,
        persona: defaultPreset.persona,
        human: defaultPreset.human,
        model: await modelOf(registry, { model: '', settings: {} }),
        embedder: embedder === null ? null : { provider: embedder.provider.name, name: embedder.model },
        storage,
      };
    },
  };
}
