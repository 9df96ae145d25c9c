import { AzureOpenAI, OpenAI } from 'openai';
import { ProviderError } from './provider.js';
import type { ProviderSettings } from './settings.js';

/** The watch over silence ends a request that hangs; the SDK's own timer must never come first. */
const neverMs = 2_147_483_647;
const azureVersionDefault = '2024-10-21';
const openaiUrl = 'https://api.openai.com/v1';

/**
 * The SDK's client for a provider. Nothing is read from the environment, nothing is repeated and nothing is logged by
 * it: those are decided here.
 */
export function createClient(settings: ProviderSettings): OpenAI {
  const shared = {
    // Local servers want none, and the SDK insists on one.
    apiKey: settings.apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: neverMs,
    logLevel: 'off' as const,
    defaultHeaders: settings.headers,
  };
  const baseURL = baseUrlOf(settings);
  if (settings.kind !== 'azure') return new OpenAI({ ...shared, baseURL });
  // The newer surface of Azure takes the model from the body, as everybody else does.
  if (baseURL.endsWith('/openai/v1')) {
    return new OpenAI({ ...shared, baseURL, defaultHeaders: { ...settings.headers, 'api-key': shared.apiKey } });
  }
  return new AzureOpenAI({ ...shared, baseURL, apiVersion: settings.apiVersion ?? azureVersionDefault });
}

/**
 * The base URL without a slash at its end; a bare host gets the path that its kind of API lives under. Throws
 * `invalid_request` where it is no web address.
 */
export function baseUrlOf(settings: ProviderSettings): string {
  if (settings.baseUrl === null) return openaiUrl;
  const trimmed = settings.baseUrl.replace(/\/+$/, '');
  if (!/^https?:\/\//i.test(trimmed) || !URL.canParse(trimmed)) {
    const sentence = `The base URL '${settings.baseUrl}' of the provider '${settings.name}' must begin with http:// or https://.`;
    throw new ProviderError('invalid_request', sentence);
  }
  const isBare = new URL(trimmed).pathname === '/';
  if (settings.kind === 'azure') return trimmed.includes('/openai') ? trimmed : `${trimmed}/openai`;
  return isBare ? `${trimmed}/v1` : trimmed;
}
