import { AppError } from '../domain/errors.js';
import { ProviderError, type UpstreamWords } from '../providers/provider.js';

/** A provider's refusal on its way to a caller who asked for that provider's own answer. */
export class ModelFault extends AppError {
  /** How the provider's server worded it; null where no server was asked. */
  readonly upstream: UpstreamWords | null;

  constructor(error: ProviderError) {
    super(error.code, error.message, { retryAfterMs: error.retryAfterMs ?? undefined, cause: error });
    this.name = 'ModelFault';
    this.upstream = error.upstream;
  }
}

/** What to throw to the caller in place of what a provider threw; anything else comes back as it is. */
export function toModelFault(error: unknown): unknown {
  return error instanceof ProviderError ? new ModelFault(error) : error;
}
