import type { Run, RunError, RunOverrides, Step, ToolChoice, Usage } from '../../domain/run.js';
import { readFileSearchResults } from '../../domain/file-search.js';
import { savedKey, withSaved, type SavedFields } from '../../domain/saved-fields.js';
import { isFinal } from '../../domain/status.js';
import type { ToolCall } from '../../domain/tool.js';
import type { HostedTool } from '../../domain/assistant.js';
import { spellId } from './ids.js';
import { toolsToWire } from './tools.js';
import { toSeconds, toSecondsOrNull, type WireObject } from './wire.js';

/** A part of an object of this face, or what an event of its streams carries. */
export type JsonObject = Record<string, unknown>;

/** Which calls of a step a reader is shown. */
export type CallFilter = (call: Pick<ToolCall, 'where' | 'name'>) => boolean;

/** True for a search of files that this server made, and not a function of the client's with its name. */
export function isFileSearch({ where, name }: Pick<ToolCall, 'where' | 'name'>): boolean {
  return where === 'here' && name === 'file_search';
}

/**
 * The client's functions and searches of files, or the agent's own tools with them. Words that are said through a call
 * never are.
 */
export function callFilter(withMemory: boolean): CallFilter {
  return (call) => call.where === 'client' || isFileSearch(call) || (withMemory && call.where === 'here');
}

/** What the original could not say and a run gives back as it came: see `run.faceData`. */
export interface RunFaceData {
  /** Hosted tools, which no function stands for. */
  hostedTools?: HostedTool[];
  toolChoice?: unknown;
  /** What the original said of the steps of an imported run, by their ids. */
  savedSteps?: Record<string, SavedFields>;
}

/**
 * A run. Its settings are those among its overrides: a run of this face keeps all of them; see `withSettings` for
 * others. Tokens are told when it has ended, as the original does.
 */
export function runToWire(run: Run): WireObject {
  const { overrides } = run;
  const { settings = {} } = overrides;
  const ended = isFinal(run.status);
  const faceData = run.faceData as RunFaceData;
  const wire = {
    id: spellId('run', run.id),
    object: 'thread.run',
    created_at: toSeconds(run.createdAt),
    assistant_id: spellId('agent', run.agentId),
    thread_id: spellId('conversation', run.conversationId),
    status: run.status,
    started_at: toSecondsOrNull(run.startedAt),
    expires_at: ended ? null : toSecondsOrNull(run.expiresAt),
    cancelled_at: run.status === 'cancelled' ? toSecondsOrNull(run.endedAt) : null,
    failed_at: run.status === 'failed' ? toSecondsOrNull(run.endedAt) : null,
    completed_at: run.status === 'completed' ? toSecondsOrNull(run.endedAt) : null,
    required_action: requiredAction(run),
    last_error: run.status === 'failed' ? runErrorToWire(run.error) : null,
    incomplete_details: run.status === 'incomplete' ? { reason: incompleteReason(run) } : null,
    model: overrides.model ?? '',
    instructions: instructionsOf(overrides),
    tools: toolsToWire(overrides.tools ?? [], faceData.hostedTools ?? []),
    metadata: run.metadata,
    usage: ended ? usageToWire(run.usage) : null,
    temperature: settings.temperature ?? 1,
    top_p: settings.topP ?? 1,
    reasoning_effort: settings.reasoningEffort ?? null,
    max_prompt_tokens: overrides.maxPromptTokens ?? null,
    max_completion_tokens: overrides.maxCompletionTokens ?? null,
    truncation_strategy:
      overrides.lastMessages === undefined
        ? { type: 'auto', last_messages: null }
        : { type: 'last_messages', last_messages: overrides.lastMessages },
    tool_choice: faceData.toolChoice ?? toolChoiceToWire(overrides.toolChoice ?? 'auto'),
    parallel_tool_calls: overrides.parallelToolCalls ?? true,
    response_format: settings.responseFormat ?? 'auto',
  };
  return withSaved(wire, run.faceData[savedKey]);
}

/** A step with the calls that the filter lets through; `withContent` gives the text of what was found in files. */
export function stepToWire(step: Step, run: Run, shows: CallFilter, withContent = false): WireObject {
  const status = step.status === 'abandoned' ? 'failed' : step.status;
  const wire = {
    id: spellId('step', step.id),
    object: 'thread.run.step',
    created_at: toSeconds(step.startedAt),
    assistant_id: spellId('agent', run.agentId),
    thread_id: spellId('conversation', run.conversationId),
    run_id: spellId('run', run.id),
    type: step.kind === 'message' ? 'message_creation' : 'tool_calls',
    status,
    step_details: detailsOf(step, run, shows, withContent),
    last_error: status === 'failed' ? stepErrorToWire(step) : null,
    expired_at: status === 'expired' ? toSecondsOrNull(step.endedAt) : null,
    cancelled_at: status === 'cancelled' ? toSecondsOrNull(step.endedAt) : null,
    failed_at: status === 'failed' ? toSecondsOrNull(step.endedAt) : null,
    completed_at: status === 'completed' ? toSecondsOrNull(step.endedAt) : null,
    metadata: {},
    usage: status === 'in_progress' ? null : usageToWire(step.usage),
  };
  const saved = (run.faceData as RunFaceData).savedSteps?.[step.id];
  return withSaved(wire, withContent ? saved : withoutContent(saved));
}

/** What the original said of a step, without the texts it found in files. */
function withoutContent(saved: SavedFields | undefined): SavedFields | undefined {
  const details = saved?.['step_details'];
  if (details === undefined) return saved;
  const original: unknown = JSON.parse(
    JSON.stringify(details.original),
    function (this: JsonObject, name, value: unknown) {
      return name === 'content' && 'file_id' in this ? undefined : value;
    },
  );
  return { ...saved, step_details: { original } };
}

/** True where a list of steps holds a step: those of which nothing may be shown, or that were taken back, are left out. */
export function isListed(step: Step, shows: CallFilter): boolean {
  if (step.status === 'abandoned') return false;
  return step.kind === 'message' || step.calls.some(shows);
}

/** Tokens spent, null where nobody counted any. */
export function usageToWire(usage: Usage | null): JsonObject | null {
  if (usage === null) return null;
  const { promptTokens, completionTokens, cachedTokens, reasoningTokens } = usage;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    ...(cachedTokens === null ? {} : { prompt_token_details: { cached_tokens: cachedTokens } }),
    ...(reasoningTokens === null ? {} : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}

/** The instructions a run works with: with what it adds on a line of its own. */
function instructionsOf({ instructions, additionalInstructions }: RunOverrides): string {
  return [instructions, additionalInstructions].filter((text) => text !== undefined && text !== '').join('\n');
}

function requiredAction(run: Run): JsonObject | null {
  if (run.status !== 'requires_action') return null;
  const calls = run.pendingCalls.map(({ id, name, arguments: text }) => {
    return { id, type: 'function', function: { name, arguments: text } };
  });
  return { type: 'submit_tool_outputs', submit_tool_outputs: { tool_calls: calls } };
}

function toolChoiceToWire(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}

/** The original knows two reasons; what stopped a run for another one stopped its reply. */
function incompleteReason({ incompleteReason: reason }: Run): 'max_prompt_tokens' | 'max_completion_tokens' {
  return reason === 'max_prompt_tokens' ? reason : 'max_completion_tokens';
}

function runErrorToWire(error: RunError | null): JsonObject {
  if (error === null) return { code: 'server_error', message: 'The run failed.' };
  return { code: errorCode(error.code), message: error.message };
}

function stepErrorToWire({ status, error }: Step): JsonObject {
  if (status === 'abandoned' || error === null) {
    return { code: 'server_error', message: 'The reply broke off and was asked for again.' };
  }
  const code = errorCode(error.code);
  return { code: code === 'invalid_prompt' ? 'server_error' : code, message: error.message };
}

function errorCode(code: RunError['code']): 'server_error' | 'rate_limit_exceeded' | 'invalid_prompt' {
  switch (code) {
    case 'provider_rate_limited':
    case 'busy':
      return 'rate_limit_exceeded';
    case 'model_refused':
    case 'context_too_small':
    case 'context_window_overflow_in_system_prompt':
    case 'invalid_request':
    case 'too_large':
      return 'invalid_prompt';
    case 'unauthenticated':
    case 'forbidden':
    case 'not_found':
    case 'conflict':
    case 'provider_unavailable':
    case 'lease_lost':
    case 'unavailable':
    case 'internal':
    case 'error_loop':
    case 'worker_lost':
    case 'cancelled':
      return 'server_error';
    default:
      return code satisfies never;
  }
}

function detailsOf(step: Step, run: Run, shows: CallFilter, withContent: boolean): JsonObject {
  if (step.kind === 'message') {
    const id = step.messageId === null ? '' : spellId('message', step.messageId);
    return { type: 'message_creation', message_creation: { message_id: id } };
  }
  const calls = step.calls.filter(shows);
  return {
    type: 'tool_calls',
    tool_calls: calls.map((call) => (isFileSearch(call) ? searchToWire(call, run, withContent) : callToWire(call))),
  };
}

function searchToWire({ id, output }: ToolCall, run: Run, withContent: boolean): JsonObject {
  const tool = run.overrides.tools?.find((given) => given.type === 'builtin' && given.name === 'file_search');
  const scoreMin = tool?.type === 'builtin' ? (tool.options?.scoreMin ?? 0) : 0;
  const results = (readFileSearchResults(output ?? '') ?? []).map(({ fileId, fileName, score, text }) => ({
    file_id: spellId('file', fileId),
    file_name: fileName,
    score,
    ...(withContent ? { content: [{ type: 'text', text }] } : {}),
  }));
  const ranking_options = { ranker: 'default_2024_08_21', score_threshold: scoreMin };
  return { id, type: 'file_search', file_search: { ranking_options, results } };
}

function callToWire(call: ToolCall): JsonObject {
  // A function of the client's that nobody answered has no output, whatever the model was told in its place.
  const isUnanswered = call.state !== 'finished' || (call.where === 'client' && call.failed);
  const output = isUnanswered ? null : (call.output ?? '');
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments, output } };
}
