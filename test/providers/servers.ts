import { expect } from 'vitest';
import { createOpenaiProvider, type OpenaiOptions } from '../../src/providers/openai.js';
import { ProviderError, type ModelRequest, type Provider } from '../../src/providers/provider.js';
import type { RetryPace } from '../../src/providers/retry.js';
import type { ProviderSettings } from '../../src/providers/settings.js';
import { startMockUpstream, type MockUpstream, type UpstreamOptions } from '../support/mock-upstream.js';
import { collect, requestOf } from './small-engine.js';

/** A signal that never aborts. */
export const never = new AbortController().signal;

/** Starts servers with a provider before each, and closes them. */
export function createServers() {
  const open: MockUpstream[] = [];
  return {
    /** The waits of repeats pass at once and are kept in `slept`. */
    async start(options: UpstreamOptions, settings: Partial<ProviderSettings> = {}, more: OpenaiOptions = {}) {
      const upstream = await startMockUpstream(options);
      open.push(upstream);
      const slept: number[] = [];
      const pace: RetryPace = {
        now: () => slept.reduce((sum, wait) => sum + wait, 0),
        random: () => 1,
        sleep: (milliseconds) => {
          slept.push(milliseconds);
          return Promise.resolve();
        },
      };
      const provider = createOpenaiProvider(
        { name: 'local', kind: 'openai', baseUrl: upstream.url, apiKey: 'sk-test', ...settings },
        undefined,
        { pace, ...more },
      );
      return { upstream, provider, slept };
    },
    async closeAll() {
      await Promise.all(open.splice(0).map((upstream) => upstream.close()));
    },
  };
}

/** Asks a model and collects its reply. */
export function ask(provider: Provider, fields: Partial<ModelRequest> = {}, signal = never) {
  return collect(provider.stream(requestOf({ model: 'm', ...fields }), signal));
}

/** The ProviderError that some work ends with. */
export async function failureOf(work: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

/** Waits until something has happened that has no event of its own. */
export async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
