import type { ProviderSettings } from '../providers/settings.js';

/** A vendor that is configured by variables of its own, usually set for other programs already. */
export interface Vendor {
  name: string;
  kind: ProviderSettings['kind'];
  /** Variables of the key, the first that is set counts. */
  keys: readonly string[];
  /** Variables of the address. */
  urls: readonly string[];
  /** The address where none is given; null is the vendor's own of the `openai` library. */
  baseUrl: string | null;
  /** True where an address alone makes the provider usable: software on one's own machine asks for no key. */
  keyless: boolean;
  /** What `quickstart` asks it for where the caller names nothing; null is the first model it lists. */
  model: string | null;
  embeddingModel: string | null;
}

function hosted(name: string, baseUrl: string, key: string): Vendor {
  return { name, kind: 'openai', keys: [key], urls: [], baseUrl, keyless: false, model: null, embeddingModel: null };
}

function local(name: string, baseUrl: string, urls: readonly string[], keys: readonly string[] = []): Vendor {
  return { name, kind: 'openai', keys, urls, baseUrl, keyless: true, model: null, embeddingModel: null };
}

/** The vendors known by name, in the order in which the first usable one becomes the default. */
export const vendors: readonly Vendor[] = [
  {
    name: 'openai',
    kind: 'openai',
    keys: ['OPENAI_API_KEY'],
    urls: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
    baseUrl: null,
    keyless: true,
    model: 'gpt-4o-mini',
    embeddingModel: 'text-embedding-3-small',
  },
  {
    name: 'azure',
    kind: 'azure',
    keys: ['AZURE_OPENAI_API_KEY', 'AZURE_OPENAI_KEY'],
    urls: ['AZURE_OPENAI_ENDPOINT'],
    baseUrl: null,
    keyless: false,
    model: null,
    embeddingModel: null,
  },
  local('ollama', 'http://localhost:11434/v1', ['OLLAMA_BASE_URL']),
  local('lmstudio', 'http://localhost:1234/v1', ['LMSTUDIO_BASE_URL']),
  local('vllm', 'http://localhost:8000/v1', ['VLLM_API_BASE', 'VLLM_BASE_URL'], ['VLLM_API_KEY']),
  local('llamacpp', 'http://localhost:8080/v1', ['LLAMACPP_BASE_URL']),
  hosted('openrouter', 'https://openrouter.ai/api/v1', 'OPENROUTER_API_KEY'),
  hosted('groq', 'https://api.groq.com/openai/v1', 'GROQ_API_KEY'),
  hosted('together', 'https://api.together.xyz/v1', 'TOGETHER_API_KEY'),
  hosted('mistral', 'https://api.mistral.ai/v1', 'MISTRAL_API_KEY'),
  hosted('deepseek', 'https://api.deepseek.com/v1', 'DEEPSEEK_API_KEY'),
  hosted('xai', 'https://api.x.ai/v1', 'XAI_API_KEY'),
  hosted('gemini', 'https://generativelanguage.googleapis.com/v1beta/openai', 'GEMINI_API_KEY'),
  hosted('anthropic', 'https://api.anthropic.com/v1', 'ANTHROPIC_API_KEY'),
];

/** Finds a vendor by its name. */
export function findVendor(name: string): Vendor | null {
  return vendors.find((vendor) => vendor.name === name) ?? null;
}

/**
 * The address an OpenAI-shaped API is called at: with `/v1` where the caller gave a bare host, as the old variables of
 * Ollama, vLLM and LM Studio do; without a slash at the end. Null where the text is no http URL.
 */
export function toBaseUrl(text: string, kind: ProviderSettings['kind']): string | null {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) return null;
  const url = new URL(withScheme);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  if (kind === 'openai' && url.pathname === '/') url.pathname = '/v1';
  return url.toString().replace(/\/+$/, '');
}
