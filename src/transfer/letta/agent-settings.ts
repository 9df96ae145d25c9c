import type { AgentSettings, Protocol } from '../../domain/agent.js';
import { limits } from '../../domain/limits.js';
import type { LettaAgent } from './agent.js';
import { flagIn, numberIn, objectIn, textIn } from './cells.js';
import { rulesIn } from './tool-rules.js';

/** Settings of an agent in later releases that are kept by their names, whether this server has use for them or not. */
export const settingMembers: readonly string[] = [
  ...['message_buffer_autoclear', 'response_format', 'enable_sleeptime', 'compaction_settings', 'model_settings'],
  ...['max_files_open', 'per_file_view_window_char_limit', 'hidden'],
];

/** The settings among the members of an agent, each as `read` reads it, without those that say nothing. */
export function settingsIn(
  members: Readonly<Record<string, unknown>>,
  read: (value: unknown) => unknown = (value) => value,
): Record<string, unknown> {
  const told = settingMembers.map((name) => [name, read(members[name])] as const);
  return Object.fromEntries(told.filter(([, value]) => value !== undefined && value !== null));
}

type Settled = Pick<LettaAgent, 'model' | 'rules' | 'settings'>;

/** What of an agent's settings this server goes by. */
export function agentSettings(agent: Settled, protocol: Protocol): AgentSettings {
  const { model } = agent;
  const contextWindow = numberIn(model['context_window']);
  const temperature = numberIn(model['temperature']);
  const maxOutputTokens = numberIn(model['max_tokens']);
  const frequencyPenalty = numberIn(model['frequency_penalty']);
  const reasoningEffort = flagIn(model['enable_reasoner']) ? textIn(model['reasoning_effort']) : null;
  const responseFormat = protocol === 'native' ? responseFormatOf(agent) : null;
  const toolRules = rulesIn(agent.rules);
  return {
    ...(contextWindow !== null && contextWindow >= limits.contextTokensMin ? { contextWindow } : {}),
    ...(temperature === null ? {} : { temperature }),
    ...(maxOutputTokens === null || maxOutputTokens < 1 ? {} : { maxOutputTokens }),
    ...(frequencyPenalty === null ? {} : { frequencyPenalty }),
    ...(reasoningEffort === null ? {} : { reasoningEffort }),
    ...(responseFormat === null ? {} : { responseFormat }),
    ...(toolRules.length === 0 ? {} : { toolRules }),
  };
}

/** Settings that an agent goes on without, a sentence each. */
export function lostSettings(agent: Settled, protocol: Protocol): string[] {
  const isForgetful = flagIn(agent.settings['message_buffer_autoclear']);
  // Where a tool speaks, the form is that of its arguments, which no setting of a model call reaches.
  const isFormless = protocol === 'heartbeat' && responseFormatOf(agent) !== null;
  return [
    ...(isForgetful ? ['An agent that was shown nothing of what was said before is shown it here.'] : []),
    ...(isFormless ? ['The form that the answers of an agent had to have was left behind.'] : []),
  ];
}

/** In which form its answers come, as OpenAI has it; null for plain text. */
function responseFormatOf({ settings }: Settled): Record<string, unknown> | null {
  const format = objectIn(settings['response_format']);
  const type = textIn(format['type']);
  return type === null || type === 'text' ? null : format;
}
