import { baseUrlOf } from './client.js';
import { windowByName } from './families.js';
import { windowIn, type ModelList } from './models.js';
import type { ProviderSettings } from './settings.js';
import type { Surroundings } from './surroundings.js';

/** How long an answer holds, and how long one probe may take. */
const answerHoldsMs = 10 * 60_000;
const probeMs = 2_000;

/** Finds the windows of a provider's models. */
export interface WindowFinder {
  /** Tokens, or null where nobody can tell. Asks a server at most once in ten minutes for each model. */
  of(model: string): Promise<number | null>;
}

/** What is set wins; then what the server says of itself, then what is known of the model's name. */
export function createWindowFinder(
  settings: ProviderSettings,
  models: ModelList,
  surroundings: Surroundings,
): WindowFinder {
  const answers = new Map<string, { at: number; tokens: Promise<number | null> }>();
  const server = new URL(baseUrlOf(settings));
  const isPublic = isPublicHost(server.hostname);

  const find = async (asked: string): Promise<number | null> => {
    const signal = AbortSignal.timeout(probeMs * 2);
    const model = await models.nameOf(asked, signal).catch(() => asked);
    // The vendors' own lists say nothing of windows; the table does.
    const byName = windowByName(model, isPublic);
    if (isPublic && byName !== null) return byName;
    const probed = isPublic ? null : await probe(server, model);
    if (probed !== null) return probed;
    const listed = await models.list(signal).catch(() => []);
    return listed.find((one) => one.id === model)?.contextWindow ?? byName;
  };

  return {
    of(model) {
      if (settings.contextWindow !== null && settings.contextWindow !== undefined) {
        return Promise.resolve(settings.contextWindow);
      }
      const now = surroundings.clock.now();
      const known = answers.get(model);
      if (known !== undefined && now - known.at < answerHoldsMs) return known.tokens;
      const tokens = find(model);
      answers.set(model, { at: now, tokens });
      return tokens;
    },
  };
}

/** Asks a local server in the ways that Ollama, LM Studio and llama.cpp answer; the first number wins. */
async function probe(server: URL, model: string): Promise<number | null> {
  const answers = await Promise.all([askOllama(server, model), askLmStudio(server, model), askLlamaCpp(server)]);
  return answers.find((tokens) => tokens !== null) ?? null;
}

/** https://github.com/ollama/ollama/blob/main/docs/api.md: what is loaded, else the model's `num_ctx`, else its length. */
async function askOllama(server: URL, model: string): Promise<number | null> {
  const running = await askJson(server, '/api/ps');
  const loaded = listOf(running['models']).find((one) => one['name'] === model || one['model'] === model);
  const length = loaded?.['context_length'];
  if (typeof length === 'number' && length > 0) return length;
  const shown = await askJson(server, '/api/show', { model });
  const set = /^num_ctx\s+(\d+)/m.exec(String(shown['parameters'] ?? ''))?.[1];
  if (set !== undefined) return Number(set);
  const info = Object.entries(asFields(shown['model_info']));
  const trained = info.find(([key]) => key.endsWith('.context_length'))?.[1];
  return typeof trained === 'number' ? trained : null;
}

/** https://lmstudio.ai/docs/app/api/endpoints/rest: `loaded_context_length` and `max_context_length`. */
async function askLmStudio(server: URL, model: string): Promise<number | null> {
  const listed = await askJson(server, '/api/v0/models');
  const found = listOf(listed['data']).find((one) => one['id'] === model);
  return found === undefined ? null : windowIn(found);
}

/** https://github.com/ggml-org/llama.cpp/tree/master/tools/server: the window of one slot. */
async function askLlamaCpp(server: URL): Promise<number | null> {
  const properties = await askJson(server, '/props');
  const slot = asFields(properties['default_generation_settings'])['n_ctx'] ?? properties['n_ctx'];
  return typeof slot === 'number' && slot > 0 ? slot : null;
}

/** A small question at the server's root; an empty object where it has no answer. */
async function askJson(server: URL, path: string, body?: unknown): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(new URL(path, server.origin), {
      signal: AbortSignal.timeout(probeMs),
      ...(body === undefined
        ? {}
        : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return {};
    }
    return asFields(await response.json());
  } catch {
    return {};
  }
}

/** False for the loopback, for private networks and for names without a dot. */
function isPublicHost(host: string): boolean {
  if (!host.includes('.') || /\.(?:local|internal|lan|home\.arpa|localhost)$/i.test(host)) return false;
  return !/^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.)/.test(host);
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(asFields) : [];
}

function asFields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
