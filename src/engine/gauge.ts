import { LRUCache } from 'lru-cache';
import type { Clock } from '../domain/clock.js';
import type { Usage } from '../domain/run.js';
import { limits } from '../domain/limits.js';
import { tokenScaleOf } from '../domain/tokens.js';
import { createRefusals, placesKept } from './refusals.js';
import type { Scene } from './scene.js';

/**
 * Between what factors a report is believed. Some servers leave what they had cached out of their count, and the estimate
 * is never as far above the truth as that makes it look.
 */
const [scaleMin, scaleMax] = [0.7, 3];

/** What prompts stay below of a length that was refused. */
const belowRefused = 0.9;

/** What one model's prompts in one window weigh: our estimates, in tokens of its provider. */
export interface PromptGauge {
  /** Tokens that the provider will count where we estimate so many. */
  weigh(estimate: number): number;
  /** The estimate that weighs so many tokens. */
  estimateOf(tokens: number): number;
  /** Learns from what the provider counted; an estimated usage teaches nothing. */
  learn(estimate: number, usage: Usage): void;
  /** The provider refused a prompt of this estimate as too long. */
  refuse(estimate: number): void;
  /** True once after a refusal. */
  takeRefusal(): boolean;
  /** Tokens that a prompt should stay within: fewer than it may have, where the model has refused a shorter one. */
  roomOf(promptTokens: number): number;
  /** Tokens at which room is made in a prompt that may have so many: no fewer than a refusal makes necessary. */
  triggerOf(promptTokens: number): number;
}

/** What was learned of all prompts, for as long as the process lives; refusals for an hour. */
export interface Scales {
  /** `model` names a model with its provider, `window` an agent's view of a conversation. */
  gauge(model: string, window: string): PromptGauge;
}

/** A prompt that was sent: what we thought it weighs, and what it weighed. */
interface Measured {
  estimate: number;
  tokens: number;
}

/**
 * Begins to learn. What a provider reported for a window's last prompt holds for its next one, so the estimate stands
 * only for what came after it; a window that is new takes what its model's others taught.
 */
export function createScales(clock: Clock): Scales {
  const windows = new LRUCache<string, Measured>({ max: placesKept });
  const scales = new LRUCache<string, number>({ max: placesKept });
  const refusals = createRefusals(clock);
  return {
    gauge(model, window) {
      const place = `${model} ${window}`;
      let last = windows.get(place) ?? null;
      let scale = last === null ? (scales.get(model) ?? tokenScaleOf(model)) : scaleOf(last);
      let wasRefused = false;
      // What comes new may be of another kind than what was measured: it never counts for less than we think.
      const weigh = (estimate: number): number =>
        last === null || estimate < last.estimate
          ? estimate * scale
          : last.tokens + (estimate - last.estimate) * Math.max(1, scale);
      const roomOf = (promptTokens: number): number =>
        Math.min(promptTokens, refusals.heldAgainst(model, window) * belowRefused);
      return {
        weigh,
        estimateOf: (tokens) => tokens / Math.max(1, scale),
        learn(estimate, usage) {
          wasRefused = false;
          if (!usage.estimated && estimate > 0) {
            scale = scaleOf({ estimate, tokens: usage.promptTokens });
            last = { estimate, tokens: estimate * scale };
            windows.set(place, last);
            const ofModel = scales.get(model);
            scales.set(model, ofModel === undefined ? scale : ofModel * 0.8 + scale * 0.2);
          }
          refusals.accepted(model, window, weigh(estimate));
        },
        refuse(estimate) {
          wasRefused = true;
          refusals.refused(model, window, weigh(estimate));
        },
        takeRefusal() {
          const taken = wasRefused;
          wasRefused = false;
          return taken;
        },
        roomOf,
        triggerOf: (promptTokens) => Math.min(promptTokens * limits.compactAt, roomOf(promptTokens)),
      };
    },
  };
}

/** The gauge of an agent's prompts in a conversation. */
export function gaugeOf(
  scales: Scales,
  { agent, model: { provider, model } }: Pick<Scene, 'agent' | 'model'>,
  conversationId: string,
): PromptGauge {
  return scales.gauge(`${provider.name}/${model}`, `${agent.id} ${conversationId}`);
}

function scaleOf({ estimate, tokens }: Measured): number {
  return Math.min(scaleMax, Math.max(scaleMin, tokens / estimate));
}
