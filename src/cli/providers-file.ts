import { ConfigError, findVendor, readConfigFile, toBaseUrl, writeConfigFile, type ConfigFile } from '../config.js';

type FileProvider = NonNullable<ConfigFile['providers']>[number];

/** A provider as a person chose it, and what to ask it for. */
export interface ProviderChoice {
  /** A vendor's name, or any other with an address. */
  provider: string;
  baseUrl: string | null;
  apiKey: string | null;
  apiVersion: string | null;
  /** The provider's own name of a model; null leaves the choice to the provider. */
  model: string | null;
  embeddingModel: string | null;
  contextWindow: number | null;
}

/** The provider's name that means the built-in stand-in. */
export const offlineName = 'offline';

/**
 * Makes a choice the default of a home: the provider goes to the head of the file's list, what else the file says
 * stays. Returns the path written. Throws a ConfigError where the choice cannot be used.
 */
export function chooseProvider(home: string, choice: ProviderChoice): string {
  const file = readConfigFile(home);
  const others = (file.providers ?? []).filter((provider) => provider.name !== choice.provider);
  const providers = choice.provider === offlineName ? others : [toEntry(choice), ...others];
  const model = choice.provider === offlineName ? 'demo' : choice.model;
  return writeConfigFile(home, {
    ...file,
    defaultModel: qualified(choice.provider, model),
    embeddingModel: qualified(choice.provider, choice.embeddingModel),
    providers,
  });
}

function qualified(provider: string, model: string | null): string | null {
  return model === null ? null : `${provider}/${model.replace(new RegExp(`^${provider}/`), '')}`;
}

function toEntry(choice: ProviderChoice): FileProvider {
  const vendor = findVendor(choice.provider);
  const kind = vendor?.kind ?? 'openai';
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(choice.provider)) {
    throw new ConfigError('A provider is named by letters, digits, dots and dashes.');
  }
  const baseUrl = choice.baseUrl === null ? (vendor?.baseUrl ?? null) : toBaseUrl(choice.baseUrl, kind);
  if (choice.baseUrl !== null && baseUrl === null) throw new ConfigError('The base URL must be an http or https URL.');
  if (baseUrl === null && choice.provider !== 'openai') {
    throw new ConfigError(`The provider '${choice.provider}' needs an address: give it with --base-url.`);
  }
  return {
    name: choice.provider,
    kind,
    baseUrl,
    apiKey: choice.apiKey,
    ...(choice.apiVersion === null ? {} : { apiVersion: choice.apiVersion }),
    ...(choice.contextWindow === null ? {} : { contextWindow: choice.contextWindow }),
  };
}
