import type { RunOverrides, ToolChoice } from '../../domain/run.js';
import type { IncomingMessage, StartRun } from '../../services/run-commands.js';
import { readMessage } from './requests.js';
import type { RunFields } from './run-schemas.js';
import { fileSearchOf } from '../../domain/assistant.js';
import { readTools } from './tools.js';
import type { RunFaceData } from './wire-runs.js';

/** What to do where the thread is busy, as the caller's pairs say; the original always refuses. */
const whenActive: ReadonlyMap<string, StartRun['whenActive']> = new Map([
  ['enqueue', 'queue'],
  ['interrupt', 'interrupt'],
]);

/** The run that a body asks for. Null means the same as nothing: the assistant's own setting holds. */
export function toStartRun(body: RunFields): Omit<StartRun, 'conversationId'> {
  const given = body.tools === undefined || body.tools === null ? null : readTools(body.tools);
  const metadata = body.metadata ?? {};
  const faceData: RunFaceData = {
    ...(given === null ? {} : { hostedTools: given.hosted }),
    ...(isHostedChoice(body.tool_choice) ? { toolChoice: body.tool_choice } : {}),
  };
  const input: IncomingMessage[] = (body.additional_messages ?? []).map(readMessage);
  return {
    agentId: body.assistant_id,
    input,
    overrides: toOverrides(body, given === null ? undefined : [...given.functions, ...fileSearchOf(given.hosted)]),
    metadata,
    faceData: { ...faceData },
    keepsSettings: true,
    whenActive: whenActive.get(metadata['on_active_run'] ?? '') ?? 'refuse',
  };
}

function toOverrides(body: RunFields, tools: RunOverrides['tools']): RunOverrides {
  return withoutNulls({
    model: body.model,
    instructions: body.instructions,
    additionalInstructions: body.additional_instructions,
    tools,
    settings: withoutNulls({
      temperature: body.temperature,
      topP: body.top_p,
      reasoningEffort: body.reasoning_effort,
      responseFormat: body.response_format,
    }),
    toolChoice: toToolChoice(body.tool_choice),
    parallelToolCalls: body.parallel_tool_calls,
    maxPromptTokens: body.max_prompt_tokens,
    maxCompletionTokens: body.max_completion_tokens,
    lastMessages: body.truncation_strategy?.last_messages,
    expiresAtWork: true,
  });
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> };

function withoutNulls<T extends object>(fields: T): Present<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as Present<T>;
}

function isHostedChoice(choice: RunFields['tool_choice']): boolean {
  return typeof choice === 'object' && choice !== null && choice.type !== 'function';
}

/** Nothing runs code here, so that cannot be forced: the model chooses. */
function toToolChoice(choice: RunFields['tool_choice']): ToolChoice | undefined {
  if (choice === null || choice === undefined) return undefined;
  if (typeof choice === 'string') return choice;
  if (choice.type === 'code_interpreter') return undefined;
  return { name: choice.type === 'function' ? choice.function.name : choice.type };
}
