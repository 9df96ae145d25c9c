import type { Usage } from '../domain/run.js';
import type { Fit } from './context.js';
import type { PromptGauge } from './gauge.js';
import type { Journal } from './journal.js';
import type { EngineDependencies, Scene } from './scene.js';

/** What prompts of a run are made with. */
export interface PromptWork {
  dependencies: EngineDependencies;
  journal: Journal;
  scene: Scene;
  gauge: PromptGauge;
  signal: AbortSignal;
}

/** What was done so far to make room for one turn. It outlives a prompt that the provider refused. */
export interface Effort {
  /** Steps of the ladder that were taken. */
  rungs: number;
  fit: Fit;
  /** True once the agent was asked to save what is about to go. */
  flushed: boolean;
  /** What models were paid for it; the turn's step carries it. Null where none was asked. */
  usage: Usage | null;
}

/** The effort of a turn that begins. */
export function noEffort(scene: Scene): Effort {
  return { rungs: 0, fit: { resultCharsMax: scene.resultCharsMax }, flushed: false, usage: null };
}
