import { describe, expect, it } from 'vitest';
import type { Usage } from '../../src/domain/run.js';
import { createScales } from '../../src/engine/gauge.js';

const usageOf = (promptTokens: number, estimated = false): Usage => ({
  promptTokens,
  completionTokens: 1,
  cachedTokens: null,
  reasoningTokens: null,
  estimated,
});

describe('what prompts weigh', () => {
  it('is the provider’s own count of the last prompt and our estimate of what came after it', () => {
    const gauge = createScales().gauge('vendor/model', 'window');
    expect(gauge.weigh(1_000)).toBe(1_000);
    gauge.learn(1_000, usageOf(1_500));
    expect(gauge.weigh(1_000)).toBe(1_500);
    expect(gauge.weigh(1_200)).toBe(1_800);
    expect(gauge.weigh(500)).toBe(750);
    expect(gauge.estimateOf(1_500)).toBe(1_000);
  });

  it('never counts what is new for less than the estimate', () => {
    const gauge = createScales().gauge('vendor/model', 'window');
    gauge.learn(1_000, usageOf(800));
    expect(gauge.weigh(1_000)).toBe(800);
    expect(gauge.weigh(1_500)).toBe(1_300);
  });

  it('34. is not taught by a usage that was only estimated, nor beyond belief by a server that leaves out its cache', () => {
    const gauge = createScales().gauge('vendor/model', 'window');
    gauge.learn(1_000, usageOf(3_000, true));
    expect(gauge.weigh(1_000)).toBe(1_000);
    gauge.learn(1_000, usageOf(10));
    expect(gauge.weigh(1_000)).toBe(700);
  });

  it('is learned for a window, and a little for all windows of its model, and not for other models', () => {
    const scales = createScales();
    scales.gauge('vendor/model', 'one').learn(1_000, usageOf(2_000));
    expect(scales.gauge('vendor/model', 'one').weigh(1_000)).toBe(2_000);
    expect(scales.gauge('vendor/model', 'two').weigh(1_000)).toBe(2_000);
    scales.gauge('vendor/model', 'two').learn(1_000, usageOf(1_000));
    expect(scales.gauge('vendor/model', 'one').weigh(1_000)).toBe(2_000);
    expect(scales.gauge('vendor/model', 'three').weigh(1_000)).toBe(1_800);
    expect(scales.gauge('vendor/other', 'one').weigh(1_000)).toBe(1_000);
  });

  it('begins higher for families that make more tokens of a text', () => {
    expect(createScales().gauge('gateway/claude-sonnet-4', 'window').weigh(1_000)).toBe(1_200);
  });

  it('leaves less room where a model has refused a shorter prompt, until it takes one as long', () => {
    const scales = createScales();
    const gauge = scales.gauge('vendor/model', 'window');
    gauge.refuse(10_000);
    expect([gauge.takeRefusal(), gauge.takeRefusal()]).toEqual([true, false]);
    expect(gauge.roomOf(100_000)).toBe(9_000);
    expect(scales.gauge('vendor/model', 'another').roomOf(100_000)).toBe(9_000);
    gauge.learn(10_000, usageOf(10_000));
    expect(gauge.roomOf(100_000)).toBe(100_000);
  });

  it('never lets a refusal leave less room than the smallest window has', () => {
    const gauge = createScales().gauge('vendor/model', 'window');
    gauge.refuse(10);
    expect(gauge.roomOf(100_000)).toBeGreaterThan(3_000);
  });
});
