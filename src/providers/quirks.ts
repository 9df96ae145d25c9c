import type { UpstreamFailure } from './failures.js';
import type { ProviderSettings } from './settings.js';

/** How the ids of calls must look where a server is particular. */
export interface CallIdForm {
  charsMax: number;
  /** True where an id must have exactly that length and no other characters than letters and digits. */
  exact: boolean;
}

/** What a server or a model does differently from OpenAI's own. */
export interface Quirks {
  /** Body parameters that are never sent. */
  omit: ReadonlySet<string>;
  /** `full` takes a named tool, `words` only `none`, `auto` and `required`, `auto` cannot force at all. */
  toolChoice: 'full' | 'words' | 'auto';
  maxTokensField: 'max_tokens' | 'max_completion_tokens';
  callIds: CallIdForm;
  /** True where the chat template fails unless a user speaks first. */
  userFirst: boolean;
}

interface QuirkRule {
  /** Matched against the provider's name, then against the host and port of its base URL. */
  name?: RegExp;
  host?: RegExp;
  model?: RegExp;
  quirks: Partial<Omit<Quirks, 'omit'>> & { omit?: string[] };
}

const nineLetters: CallIdForm = { charsMax: 9, exact: true };

const usual: Quirks = {
  omit: new Set(),
  toolChoice: 'full',
  maxTokensField: 'max_tokens',
  callIds: { charsMax: 40, exact: false },
  userFirst: false,
};

/** What is known beforehand. Later rows win; what they omit adds up. Sources: the vendors' references and bug trackers. */
const rules: readonly QuirkRule[] = [
  {
    name: /^(?:openai|azure)$/i,
    host: /api\.openai\.com|\.azure\.com$/i,
    quirks: { maxTokensField: 'max_completion_tokens' },
  },
  // Reasoning models answer 400 to sampling parameters.
  { model: /^(?:openai\/)?(?:o\d|gpt-5(?!.*chat))/i, quirks: { omit: ['temperature', 'top_p'] } },
  // Accepts only the words, and its Mistral templates want short ids and a user first.
  {
    name: /^lm-?studio/i,
    host: /:1234$/,
    quirks: { toolChoice: 'words', callIds: nineLetters, userFirst: true, omit: ['parallel_tool_calls'] },
  },
  {
    name: /^mistral$/i,
    host: /\.mistral\.ai$/i,
    quirks: { callIds: nineLetters, userFirst: true, omit: ['stream_options', 'user'] },
  },
  { model: /mistral|mixtral|ministral|codestral|magistral/i, quirks: { callIds: nineLetters } },
  // `required` needs flags at the server's start.
  { name: /^vllm/i, host: /:8000$/, quirks: { toolChoice: 'auto' } },
  { name: /^ollama/i, host: /:11434$/, quirks: { omit: ['parallel_tool_calls', 'user'] } },
  {
    name: /^anthropic$/i,
    host: /\.anthropic\.com$/i,
    quirks: { callIds: { charsMax: 29, exact: false }, omit: ['stream_options', 'user'] },
  },
  {
    name: /^google/i,
    host: /generativelanguage\.googleapis\.com$/i,
    quirks: { callIds: { charsMax: 29, exact: false }, omit: ['parallel_tool_calls', 'user'] },
  },
];

/** Quirks of one provider: what the table says, and what its refusals have taught since it was made. */
export interface QuirkBook {
  of(model: string): Quirks;
  /**
   * Reads a refusal of a request that was sent with these parameters. True where it names one that can be left out or
   * written otherwise: the model's quirks now say so, and the request is worth repeating.
   */
  learn(model: string, failure: UpstreamFailure, sent: Readonly<Record<string, unknown>>): boolean;
}

/** Opens the book of one provider. */
export function createQuirkBook(settings: Pick<ProviderSettings, 'name' | 'baseUrl'>): QuirkBook {
  const learnt = new Map<string, Quirks>();
  const of = (model: string): Quirks => learnt.get(model) ?? tableQuirks(settings, model);
  return {
    of,
    learn(model, failure, sent) {
      if (failure.status !== 400 && failure.status !== 422) return false;
      const before = of(model);
      const after = lesson(before, failure, sent);
      if (after === null) return false;
      learnt.set(model, after);
      return true;
    },
  };
}

function tableQuirks(settings: Pick<ProviderSettings, 'name' | 'baseUrl'>, model: string): Quirks {
  const host = hostOf(settings.baseUrl);
  return rules
    .filter((rule) => applies(rule, settings.name, host, model))
    .reduce<Quirks>((sum, { quirks }) => {
      return { ...sum, ...quirks, omit: new Set([...sum.omit, ...(quirks.omit ?? [])]) };
    }, usual);
}

/** A configured host outweighs the name: `openai` may point anywhere. */
function applies(rule: QuirkRule, name: string, host: string | null, model: string): boolean {
  if (rule.model !== undefined) return rule.model.test(model);
  if (host !== null && rule.host?.test(host) === true) return true;
  const isVendorName = /^(?:openai|azure)$/i.test(name);
  return rule.name?.test(name) === true && (host === null || !isVendorName || name === 'azure');
}

function hostOf(baseUrl: string | null): string | null {
  if (baseUrl === null || !URL.canParse(baseUrl)) return null;
  return new URL(baseUrl).host;
}

/** Parameters whose loss changes the manner of an answer, not its meaning. */
const droppable = [
  'stream_options',
  'parallel_tool_calls',
  'temperature',
  'top_p',
  'reasoning_effort',
  'user',
  'strict',
  'name',
];

const refusal =
  /unsupported|not supported|does ?n[o']t support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|extra (?:inputs|fields)|extra_forbidden|not (?:a )?valid|invalid|only (?:the )?default|incompatible|cannot be used/i;

function lesson(before: Quirks, failure: UpstreamFailure, sent: Readonly<Record<string, unknown>>): Quirks | null {
  const text = `${failure.param ?? ''} ${failure.message} ${failure.code ?? ''}`;
  if (!refusal.test(text)) return null;
  const names = (parameter: string): boolean => new RegExp(`(?<![\\w-])${parameter}(?![\\w-])`, 'i').test(text);
  for (const field of ['max_tokens', 'max_completion_tokens'] as const) {
    const other = field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
    const isCulprit = failure.param === field || (names(field) && (failure.param ?? '') !== other);
    if (field in sent && isCulprit) return { ...before, maxTokensField: other };
  }
  if ('tool_choice' in sent && names('tool_choice')) {
    const next = before.toolChoice === 'full' && typeof sent['tool_choice'] === 'object' ? 'words' : 'auto';
    return next === before.toolChoice ? null : { ...before, toolChoice: next };
  }
  if (/tool_call_id|tool call id/i.test(text) && /\b9\b/.test(text) && !before.callIds.exact) {
    return { ...before, callIds: nineLetters };
  }
  const culprit = droppable.find(
    (parameter) => isSent(parameter, sent) && names(parameter) && !before.omit.has(parameter),
  );
  return culprit === undefined ? null : { ...before, omit: new Set([...before.omit, culprit]) };
}

function isSent(parameter: string, sent: Readonly<Record<string, unknown>>): boolean {
  if (parameter === 'strict') return JSON.stringify(sent['tools'] ?? []).includes('"strict"');
  if (parameter === 'name') {
    return Array.isArray(sent['messages']) && sent['messages'].some((message: object) => 'name' in message);
  }
  return parameter in sent;
}
