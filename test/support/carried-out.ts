import type { Agent } from '../../src/domain/agent.js';
import type { ToolCall } from '../../src/domain/tool.js';
import type { EngineRoom } from './engine-room.js';
import { call } from './requests.js';

/** Lets the model of a room with a list for a script make these calls in one run, a turn for each; their results. */
export async function carriedOut(
  room: EngineRoom,
  agent: Agent,
  calls: readonly (readonly [name: string, input: Record<string, unknown>])[],
): Promise<Pick<ToolCall, 'output' | 'failed'>[]> {
  room.provider.push(...calls.map(([name, input], index) => call(name, input, `call_${index}`)), 'Done.');
  const run = await room.say(agent, 'Go.');
  const steps = await room.store.runs.steps(run.id);
  return steps.flatMap((step) => step.calls.map(({ output, failed }) => ({ output, failed })));
}
