import type { ToolDefinition } from '../domain/tool.js';
import type { RequestCall, RequestMessage } from '../providers/provider.js';
import { parseArguments } from './call-arguments.js';
import { isRecord } from './lenient-json.js';

/** The argument with which a model of the heartbeat protocol asks for another turn. */
export const heartbeatArgument = 'request_heartbeat';

/** The argument that carries a model's private thought. */
export const thoughtsArgument = 'inner_thoughts';

/** Tools after which there is nothing to wake up for. */
const restingTools: ReadonlySet<string> = new Set(['send_message', 'pause_heartbeats']);

const heartbeatProperty = {
  type: 'boolean',
  description:
    'True to be woken again as soon as this call has run, with its result in view: needed whenever more is to be done or said. False to rest.',
};

const thoughtsProperty = {
  type: 'string',
  description: 'Your private thought before this call, in a few words. Nobody else reads it. Write it first.',
};

/**
 * The definitions as a model of the heartbeat protocol sees them: every tool that does not end a turn takes a required
 * `request_heartbeat`, and with `thoughts` every tool takes a required `inner_thoughts` before all others, because a
 * model that thinks first calls better. A tool that has an argument of that name already keeps its own.
 */
export function injectHeartbeatArguments(
  definitions: ToolDefinition[],
  options: { thoughts: boolean },
): ToolDefinition[] {
  return definitions.map((definition) => {
    const before = options.thoughts ? { [thoughtsArgument]: thoughtsProperty } : {};
    const after = restingTools.has(definition.name) ? {} : { [heartbeatArgument]: heartbeatProperty };
    return { ...definition, parameters: withProperties(definition.parameters, before, after) };
  });
}

function withProperties(
  schema: Record<string, unknown>,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): Record<string, unknown> {
  const own = isRecord(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  const missing = Object.fromEntries(Object.entries(after).filter(([name]) => !(name in own)));
  return {
    ...schema,
    type: 'object',
    properties: { ...before, ...own, ...missing },
    required: [...new Set([...Object.keys(before), ...required, ...Object.keys(after)])],
  };
}

/**
 * A history as a model sees it whose thoughts travel in arguments: the text next to calls moves into the first
 * argument of each. It stays where a call cannot take it, because its arguments cannot be read or it has another
 * thought of its own.
 */
export function showThoughtsInCalls(messages: RequestMessage[]): RequestMessage[] {
  return messages.map((message) => {
    if (message.role !== 'assistant' || message.text === null || message.calls.length === 0) return message;
    const thought = message.text;
    const calls = message.calls.map((call) => withThought(call, thought));
    return calls.every((call) => call !== null) ? { ...message, text: null, calls } : message;
  });
}

function withThought(call: RequestCall, thought: string): RequestCall | null {
  const parsed = parseArguments(call.arguments);
  if (!parsed.ok) return null;
  const own = parsed.value[thoughtsArgument];
  if (own === thought) return call;
  if (own !== undefined) return null;
  return { ...call, arguments: JSON.stringify({ [thoughtsArgument]: thought, ...parsed.value }) };
}
