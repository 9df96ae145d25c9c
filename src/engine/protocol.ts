import type { Protocol } from '../domain/agent.js';
import type { ToolCall, ToolDefinition } from '../domain/tool.js';
import { parseArguments } from './call-arguments.js';
import { injectHeartbeatArguments } from './protocol-arguments.js';

/** The tool whose argument `message` is said aloud. */
export const speakingTool = 'send_message';

/** What a reply says of whether the agent wants to go on. */
export interface TurnResult {
  /** The calls of the reply, carried out; speech among them. */
  calls: ToolCall[];
  /** True where a person is waiting for words: somebody's message began the run, and nothing was said aloud yet. */
  isAwaited: boolean;
  /** True where a tool that ends the run was carried out. */
  rested: boolean;
}

/** Why the loop goes on, or that it does not. */
export type Decision = 'rest' | 'requested' | 'failed' | 'continue';

/** What differs between the two ways in which an agent talks to its model. */
export interface ProtocolStrategy {
  /** The definitions as the model sees them. */
  offer(definitions: ToolDefinition[]): ToolDefinition[];
  /** Whether a reply's plain text is said aloud or kept as a thought when calls come with it. */
  textIs: 'speech' | 'thought';
  /** String arguments of any call that are thoughts. */
  thoughtArgument: string | null;
  decide(result: TurnResult): Decision;
}

const native: ProtocolStrategy = {
  offer: (definitions) => definitions,
  textIs: 'speech',
  thoughtArgument: null,
  decide({ calls }) {
    return calls.some((call) => call.where !== 'speech') ? 'continue' : 'rest';
  },
};

const heartbeat: ProtocolStrategy = {
  offer: (definitions) => injectHeartbeatArguments(definitions, { thoughts: true }),
  textIs: 'thought',
  thoughtArgument: 'inner_thoughts',
  decide({ calls, isAwaited, rested }) {
    const work = calls.filter((call) => call.where !== 'speech');
    if (work.some((call) => call.failed)) return 'failed';
    if (rested) return 'rest';
    if (work.some(asksForHeartbeat)) return 'requested';
    // Weak models forget to ask: whoever waits for an answer gets one.
    return work.length > 0 && isAwaited ? 'continue' : 'rest';
  },
};

/** The strategies by name. */
export const protocols: Record<Protocol, ProtocolStrategy> = { native, heartbeat };

function asksForHeartbeat(call: ToolCall): boolean {
  const parsed = parseArguments(call.arguments);
  const wish = parsed.ok ? parsed.value['request_heartbeat'] : false;
  return wish === true || (typeof wish === 'string' && wish.toLowerCase() === 'true');
}
