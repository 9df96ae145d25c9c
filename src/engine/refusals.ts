import { LRUCache } from 'lru-cache';
import type { Clock } from '../domain/clock.js';
import { limits } from '../domain/limits.js';

/** Models and windows of which anything is kept. */
export const placesKept = 4_000;

/** What was refused as too long, and what was taken, all in tokens of the provider. Kept for as long as the process lives. */
export interface Refusals {
  /** A prompt of this model in this window was refused. */
  refused(model: string, window: string, tokens: number): void;
  /** A prompt was taken: it is no longer held against anything that something shorter was refused. */
  accepted(model: string, window: string, tokens: number): void;
  /** The shortest held against the model or the window now, never below the smallest window; infinite without any. */
  heldAgainst(model: string, window: string): number;
}

interface Refusal {
  tokens: number;
  at: number;
}

/**
 * Begins to remember. A refusal tells that a model's window is smaller than was thought, and so holds for all of its
 * conversations; but not where the model has taken longer prompts before: then something else was wrong with that one
 * prompt, and only its own window is held to it. Either is forgotten after an hour, because prompts that are kept short
 * can never show that longer ones would be taken.
 */
export function createRefusals(clock: Clock): Refusals {
  const refusals = new LRUCache<string, Refusal>({ max: placesKept });
  const longest = new LRUCache<string, number>({ max: placesKept });
  const held = (place: string): number => {
    const refusal = refusals.get(place);
    if (refusal === undefined) return Infinity;
    if (clock.now() - refusal.at < limits.refusalHeldMs) return refusal.tokens;
    refusals.delete(place);
    return Infinity;
  };
  return {
    refused(model, window, tokens) {
      const place = tokens <= (longest.get(model) ?? 0) ? placeOf(model, window) : model;
      const least = Math.max(limits.contextTokensMin, tokens);
      if (least < held(place)) refusals.set(place, { tokens: least, at: clock.now() });
    },
    accepted(model, window, tokens) {
      longest.set(model, Math.max(tokens, longest.get(model) ?? 0));
      for (const place of [model, placeOf(model, window)]) if (tokens >= held(place)) refusals.delete(place);
    },
    heldAgainst: (model, window) => Math.min(held(model), held(placeOf(model, window))),
  };
}

function placeOf(model: string, window: string): string {
  return `${model} ${window}`;
}
