import type { Run, Step } from '../domain/run.js';
import type { PastCall, ToolRule } from '../domain/tool-rule.js';
import type { ToolCall } from '../domain/tool.js';
import type { ModelRequest } from '../providers/provider.js';
import type { Repositories } from '../store/store.js';
import { speakingTool } from './protocol.js';
import type { Scene } from './scene.js';
import { allowedTools, needsApproval } from './tool-rules.js';

/** What stands between the calls of a reply and their being carried out. */
export interface CallGate {
  /** Calls that are not carried out, each with what the model is told of it. */
  refused: ReadonlyMap<string, string>;
  /** Calls that somebody has to approve before anything of the reply is carried out. */
  awaiting: ToolCall[];
}

/** The rules of a scene's tools. */
export function rulesOf(scene: Scene): readonly ToolRule[] {
  return scene.agent.settings.toolRules ?? [];
}

/** Names of the tools that a scene offers. */
export function offeredTools(scene: Scene): string[] {
  return scene.definitions.map((definition) => definition.name);
}

/**
 * The calls of a run in the order they were made, without those that rules forbade; whatever was said aloud stands as a
 * call of the speaking tool.
 */
export function pastCalls(steps: readonly Step[]): PastCall[] {
  return steps.flatMap((step): PastCall[] => {
    if (step.kind === 'tools') return step.calls.filter((call) => call.state === 'finished' && call.refused !== true);
    return step.status === 'completed' ? [{ name: speakingTool, output: null, failed: false }] : [];
  });
}

/** The request of a turn as the rules leave it. An agent without rules costs nothing here. */
export async function ruledRequest(
  store: Repositories,
  scene: Scene,
  run: Run,
  request: ModelRequest,
): Promise<ModelRequest> {
  const rules = rulesOf(scene);
  if (rules.length === 0) return request;
  const past = pastCalls(await store.runs.steps(run.id));
  const { names, mustCall } = allowedTools(rules, past, offeredTools(scene));
  const tools = request.tools.filter((tool) => names.has(tool.name));
  const isFree = request.toolChoice === 'auto' || request.toolChoice === undefined;
  return { ...request, tools, ...(mustCall && isFree ? { toolChoice: 'required' as const } : {}) };
}

/** Judges the calls of a tools step by what the run had called before it. */
export async function gateOf(store: Repositories, scene: Scene, step: Step): Promise<CallGate> {
  const rules = rulesOf(scene);
  if (rules.length === 0) return { refused: new Map(), awaiting: [] };
  const steps = await store.runs.steps(step.runId);
  const before = pastCalls(steps.filter((other) => other.turn < step.turn));
  const refused = refusedCalls(rules, before, offeredTools(scene), step.calls);
  const awaiting = step.calls.filter(
    (call) =>
      call.state === 'ready' && call.approved === undefined && !refused.has(call.id) && needsApproval(rules, call.name),
  );
  return { refused, awaiting };
}

/** Calls of one reply are judged together, but for how often a tool may be called: there, the earlier ones count. */
function refusedCalls(
  rules: readonly ToolRule[],
  before: readonly PastCall[],
  offered: readonly string[],
  calls: readonly ToolCall[],
): Map<string, string> {
  const refused = new Map<string, string>();
  const { names } = allowedTools(rules, before, offered);
  const counted = new Map<string, number>();
  for (const { id, name } of calls) {
    const count = (counted.get(name) ?? 0) + 1;
    counted.set(name, count);
    const isOver = rules.some(
      (rule) =>
        rule.type === 'max_count_per_step' &&
        rule.toolName === name &&
        before.filter((call) => call.name === name).length + count > rule.countMax,
    );
    // A tool that nobody offers is told of elsewhere.
    if (offered.includes(name) && (isOver || !names.has(name))) refused.set(id, refusal(name, [...names]));
  }
  return refused;
}

function refusal(name: string, allowed: readonly string[]): string {
  const now = allowed.length === 0 ? 'No tool may be called now.' : `Now you may call: ${allowed.join(', ')}.`;
  return `The rules of your tools do not allow ${name} here; it was not carried out. ${now}`;
}
