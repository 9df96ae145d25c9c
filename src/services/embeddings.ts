import { AppError } from '../domain/errors.js';
import { estimateTokens } from '../domain/tokens.js';
import type { Principal } from '../domain/user.js';
import type { ProviderRegistry } from '../providers/provider.js';
import { toModelFault } from './model-faults.js';

/** Texts whose vectors are wanted. */
export interface EmbeddingCommand {
  model: string;
  texts: string[];
  /** The length of the vectors; null is the model's own. */
  dimensions: number | null;
}

/** One vector for each text, in their order. */
export interface EmbeddingAnswer {
  vectors: Float32Array[];
  /** Counted here, since providers do not tell of batches. */
  promptTokens: number;
}

/** The verb of embeddings. */
export interface EmbeddingService {
  /** Throws ModelFault where the provider refuses, `invalid_request` where the model cannot make that many dimensions. */
  create(principal: Principal, command: EmbeddingCommand, signal: AbortSignal): Promise<EmbeddingAnswer>;
}

/** Makes the verb. */
export function createEmbeddingService({ providers }: { providers: ProviderRegistry }): EmbeddingService {
  return {
    create: async (_principal, { model, texts, dimensions }, signal) => {
      const vectors = await embed(providers, model, texts, signal, dimensions);
      const length = vectors[0]?.length;
      if (dimensions !== null && length !== dimensions) {
        const message = `The model '${model}' makes vectors of ${length ?? 0} dimensions, and not of ${dimensions}.`;
        throw new AppError('invalid_request', message, { param: 'dimensions' });
      }
      return { vectors, promptTokens: texts.reduce((sum, text) => sum + estimateTokens(text), 0) };
    },
  };
}

async function embed(
  providers: ProviderRegistry,
  name: string,
  texts: string[],
  signal: AbortSignal,
  dimensions: number | null,
): Promise<Float32Array[]> {
  try {
    const { provider, model } = providers.resolve(name);
    return await provider.embed(model, texts, signal, dimensions ?? undefined);
  } catch (error) {
    throw toModelFault(error);
  }
}
