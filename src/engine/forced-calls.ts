import type { ToolDefinition } from '../domain/tool.js';
import type { Run, ToolChoice } from '../domain/run.js';
import type { Scene } from './scene.js';

/** What a model is offered in a turn, and whether it has to call. */
export interface Offer {
  tools: ToolDefinition[];
  toolChoice: ToolChoice;
}

/**
 * What forces a call holds for the first reply only: the next would be forced to it again, and so for ever. A search of
 * files is not forced where there are none and it is not offered.
 */
export function offerOf(run: Run, scene: Scene): Offer {
  const tools = scene.definitions;
  const wish = run.overrides.toolChoice ?? 'auto';
  if (wish === 'auto' || wish === 'none') return { tools, toolChoice: wish };
  if (run.turn > 0) return { tools, toolChoice: 'auto' };
  if (wish === 'required') return required(tools, scene);
  const isAbsentSearch = wish.name === 'file_search' && tools.every(({ name }) => name !== wish.name);
  return { tools, toolChoice: isAbsentSearch ? 'auto' : wish };
}

/**
 * Whoever wants some call wants one of what they brought. A note in the agent's memory, of which they know nothing,
 * would meet the demand and answer nobody, so those tools wait for the next turn; and where there are no others,
 * nothing is forced.
 */
function required(tools: ToolDefinition[], { clientTools }: Scene): Offer {
  const brought = tools.filter(({ name }) => clientTools.has(name) || name === 'file_search');
  return brought.length === 0 ? { tools, toolChoice: 'auto' } : { tools: brought, toolChoice: 'required' };
}
