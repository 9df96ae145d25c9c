import { derivedId } from '../../domain/derived-id.js';
import type { IncompleteReason, RunError, Step, Usage } from '../../domain/run.js';
import { savedKey, type SavedFields } from '../../domain/saved-fields.js';
import { writeFileSearchResults } from '../../domain/file-search.js';
import type { TransferValues } from '../../domain/transfer.js';
import type { ToolCall } from '../../domain/tool.js';
import type { Problem, TransferRecord } from '../record.js';
import { hasOtherThanText, pairsOf } from './fields.js';
import { isJson, listOf, numberOf, plainText, readTime, textOf, type Json } from './json.js';
import type { Writing } from './writing.js';

/** A step of a run, with the id and the place it gets here. */
export interface StepWriting extends Writing {
  turn: number;
}

const finals = ['completed', 'incomplete', 'failed', 'cancelled', 'expired'] as const;
/** What is true only while a run has not ended. */
const openFields = ['required_action', 'expires_at', 'cancelled_at', 'failed_at', 'completed_at', 'last_error'];
const ownFields = ['id', 'object', 'created_at', 'thread_id', 'status'];
const waitMs = 600_000;

/** A run and its steps. What was active when it was saved has expired since. */
export function* runRecords(
  writing: Writing,
  { threadId, steps }: { threadId: string; steps: readonly StepWriting[] },
): Generator<TransferRecord | Problem> {
  const { object, id, record, problem } = writing;
  const status = finals.find((final) => final === object['status']) ?? 'expired';
  if (status !== object['status']) yield problem('changed', 'A run that had not ended when it was saved has expired.');
  if (hasOtherThanText(object['metadata']))
    yield problem('changed', 'Values of metadata that were no text became text.');
  yield record('run', runOf(writing, threadId, status, steps));
  for (const step of steps) yield step.record('step', stepOf(step, { runId: id, threadId }));
}

function runOf(
  { object, id, createdAt, mention }: Writing,
  threadId: string,
  status: (typeof finals)[number],
  steps: readonly StepWriting[],
): TransferValues['run'] {
  const hasEnded = object['status'] === status;
  const endedAt = endOf(object) ?? readTime(object['expires_at']) ?? createdAt + (hasEnded ? 0 : waitMs);
  const assistantId = textOf(object['assistant_id']);
  const kept = steps.map((step) => [step.id, savedOfStep(step.object)] as const);
  return {
    id,
    conversationId: threadId,
    agentId: assistantId === null ? derivedId('openai', 'nobody') : mention('agent', assistantId),
    ...{ status, overrides: {}, error: errorOf(object['last_error']), usage: usageOf(object['usage']) },
    incompleteReason: status === 'incomplete' ? reasonOf(object['incomplete_details']) : null,
    ...{ turn: steps.length, lastSeq: 0, metadata: pairsOf(object['metadata']) },
    faceData: {
      [savedKey]: savedOf(object, [...ownFields, ...(hasEnded ? [] : openFields)], assistantId),
      ...(kept.length === 0 ? {} : { savedSteps: Object.fromEntries(kept) }),
    },
    ...{ createdAt, startedAt: readTime(object['started_at']), expiresAt: null, endedAt },
  };
}

/** All that a run says of itself: nothing of it changes any more, save its pairs. */
function savedOf(object: Json, skipped: readonly string[], assistantId: string | null): SavedFields {
  const entries = Object.entries(object).flatMap(([name, original]): [string, SavedFields[string]][] => {
    if (skipped.includes(name) || (name === 'assistant_id' && assistantId !== null)) return [];
    if (name !== 'metadata') return [[name, { original }]];
    return isJson(original) ? [] : [[name, { original, shown: {} }]];
  });
  return Object.fromEntries(entries);
}

/** The same of a step, whose calls are kept as they were where they are more than functions. */
function savedOfStep(object: Json): SavedFields {
  const fields = ['last_error', 'expired_at', 'cancelled_at', 'failed_at', 'completed_at', 'metadata', 'usage'];
  const isOpen = object['status'] === 'in_progress';
  const names = [
    ...(isOpen ? ['metadata'] : fields),
    ...(isPlainDetails(object['step_details']) ? [] : ['step_details']),
  ];
  return Object.fromEntries(names.flatMap((name) => (name in object ? [[name, { original: object[name] }]] : [])));
}

/** True for details that a row shows just as they were. */
function isPlainDetails(details: unknown): boolean {
  if (!isJson(details)) return false;
  if (details['type'] === 'message_creation') {
    return isJson(details['message_creation']) && textOf(details['message_creation']['message_id']) !== null;
  }
  const calls = listOf(details['tool_calls']);
  return calls.length > 0 && calls.every((call) => isJson(call) && call['type'] === 'function');
}

function stepOf(
  { object, id, createdAt, turn, mention }: StepWriting,
  { runId, threadId }: { runId: string; threadId: string },
): Step {
  const details = isJson(object['step_details']) ? object['step_details'] : {};
  const creation = isJson(details['message_creation']) ? details['message_creation'] : {};
  const messageId = textOf(creation['message_id']);
  const status = (['completed', 'failed', 'cancelled', 'expired'] as const).find((each) => each === object['status']);
  return {
    ...{ id, runId, conversationId: threadId, turn, status: status ?? 'expired' },
    kind: details['type'] === 'message_creation' ? 'message' : 'tools',
    messageId: messageId === null ? null : mention('message', messageId),
    calls: listOf(details['tool_calls']).filter(isJson).map(callOf),
    ...{ usage: usageOf(object['usage']), error: errorOf(object['last_error']), startedAt: createdAt },
    endedAt: endOf(object) ?? createdAt,
  };
}

/** A call of a function of the client's, or of a tool that the original ran itself. */
function callOf(call: Json): ToolCall {
  const { type } = call;
  const given = isJson(call[plainText(type)]) ? (call[plainText(type)] as Json) : {};
  const base = { id: plainText(call['id']), state: 'finished', failed: false } as const;
  if (type === 'file_search') {
    return { ...base, name: 'file_search', arguments: '{}', where: 'here', output: resultsOf(given) };
  }
  if (type === 'code_interpreter') {
    const input = JSON.stringify({ input: plainText(given['input']) });
    return {
      ...base,
      name: 'code_interpreter',
      arguments: input,
      where: 'client',
      output: plainText(given['outputs']),
    };
  }
  const output = given['output'] ?? null;
  const isUnanswered = output === null;
  return {
    ...{ ...base, name: plainText(given['name']), arguments: plainText(given['arguments']), where: 'client' },
    ...(isUnanswered ? { state: 'ready', output: null } : { output: plainText(output) }),
  };
}

function resultsOf({ results }: Json): string {
  const found = listOf(results).filter(isJson);
  return writeFileSearchResults(
    found.map((result) => ({
      fileId: plainText(result['file_id']),
      fileName: plainText(result['file_name']),
      score: numberOf(result['score']) ?? 0,
      marker: '',
      text: listOf(result['content'])
        .flatMap((part) => (isJson(part) ? [plainText(part['text'])] : []))
        .join('\n'),
    })),
  );
}

function endOf(object: Json): number | null {
  const names = ['completed_at', 'failed_at', 'cancelled_at', 'expired_at'];
  return names.map((name) => readTime(object[name])).find((at) => at !== null) ?? null;
}

function usageOf(usage: unknown): Usage | null {
  if (!isJson(usage)) return null;
  const promptTokens = numberOf(usage['prompt_tokens']);
  const completionTokens = numberOf(usage['completion_tokens']);
  if (promptTokens === null || completionTokens === null) return null;
  return { promptTokens, completionTokens, cachedTokens: null, reasoningTokens: null, estimated: false };
}

const codes: ReadonlyMap<unknown, RunError['code']> = new Map<unknown, RunError['code']>([
  ['rate_limit_exceeded', 'provider_rate_limited'],
  ['invalid_prompt', 'invalid_request'],
]);

function errorOf(error: unknown): RunError | null {
  return isJson(error) ? { code: codes.get(error['code']) ?? 'internal', message: plainText(error['message']) } : null;
}

function reasonOf(details: unknown): IncompleteReason {
  return isJson(details) && details['reason'] === 'max_prompt_tokens' ? 'max_prompt_tokens' : 'max_output_tokens';
}
