import { describe, expect, it } from 'vitest';
import type { Usage } from '../../src/domain/run.js';
import { limits } from '../../src/domain/limits.js';
import { createScales } from '../../src/engine/gauge.js';

const usageOf = (promptTokens: number, estimated = false): Usage => ({
  promptTokens,
  completionTokens: 1,
  cachedTokens: null,
  reasoningTokens: null,
  estimated,
});

let now = 0;
const clock = { now: () => now };

describe('what prompts weigh', () => {
  it('is the provider’s own count of the last prompt and our estimate of what came after it', () => {
    const gauge = createScales(clock).gauge('vendor/model', 'window');
    expect(gauge.weigh(1_000)).toBe(1_000);
    gauge.learn(1_000, usageOf(1_500));
    expect(gauge.weigh(1_000)).toBe(1_500);
    expect(gauge.weigh(1_200)).toBe(1_800);
    expect(gauge.weigh(500)).toBe(750);
    expect(gauge.estimateOf(1_500)).toBe(1_000);
  });

  it('never counts what is new for less than the estimate', () => {
    const gauge = createScales(clock).gauge('vendor/model', 'window');
    gauge.learn(1_000, usageOf(800));
    expect(gauge.weigh(1_000)).toBe(800);
    expect(gauge.weigh(1_500)).toBe(1_300);
  });

  it('34. is not taught by a usage that was only estimated, nor beyond belief by a server that leaves out its cache', () => {
    const gauge = createScales(clock).gauge('vendor/model', 'window');
    gauge.learn(1_000, usageOf(3_000, true));
    expect(gauge.weigh(1_000)).toBe(1_000);
    gauge.learn(1_000, usageOf(10));
    expect(gauge.weigh(1_000)).toBe(700);
  });

  it('is learned for a window, and a little for all windows of its model, and not for other models', () => {
    const scales = createScales(clock);
    scales.gauge('vendor/model', 'one').learn(1_000, usageOf(2_000));
    expect(scales.gauge('vendor/model', 'one').weigh(1_000)).toBe(2_000);
    expect(scales.gauge('vendor/model', 'two').weigh(1_000)).toBe(2_000);
    scales.gauge('vendor/model', 'two').learn(1_000, usageOf(1_000));
    expect(scales.gauge('vendor/model', 'one').weigh(1_000)).toBe(2_000);
    expect(scales.gauge('vendor/model', 'three').weigh(1_000)).toBe(1_800);
    expect(scales.gauge('vendor/other', 'one').weigh(1_000)).toBe(1_000);
  });

  it('begins higher for families that make more tokens of a text', () => {
    expect(createScales(clock).gauge('gateway/claude-sonnet-4', 'window').weigh(1_000)).toBe(1_200);
  });

  it('leaves less room where a model has refused a shorter prompt, until it takes one as long', () => {
    const scales = createScales(clock);
    const gauge = scales.gauge('vendor/model', 'window');
    gauge.refuse(10_000);
    expect([gauge.takeRefusal(), gauge.takeRefusal()]).toEqual([true, false]);
    expect(gauge.roomOf(100_000)).toBe(9_000);
    expect(scales.gauge('vendor/model', 'another').roomOf(100_000)).toBe(9_000);
    gauge.learn(10_000, usageOf(10_000));
    expect(gauge.roomOf(100_000)).toBe(100_000);
  });

  it('never lets a refusal leave less room than the smallest window has', () => {
    const gauge = createScales(clock).gauge('vendor/model', 'window');
    gauge.refuse(10);
    expect(gauge.roomOf(100_000)).toBeGreaterThan(3_000);
  });

  it('forgets after an hour that a model refused a prompt, and not before', () => {
    now = 1_000;
    const scales = createScales(clock);
    scales.gauge('vendor/model', 'window').refuse(10_000);
    now += limits.refusalHeldMs - 1;
    expect(scales.gauge('vendor/model', 'another').roomOf(100_000)).toBe(9_000);
    // What is longer than what is held tells nothing new, and does not renew it.
    scales.gauge('vendor/model', 'window').refuse(20_000);
    now += 1;
    expect(scales.gauge('vendor/model', 'window').roomOf(100_000)).toBe(100_000);
    scales.gauge('vendor/model', 'window').refuse(20_000);
    expect(scales.gauge('vendor/model', 'window').roomOf(100_000)).toBe(18_000);
    expect(limits.refusalHeldMs).toBe(3_600_000);
  });

  it('holds a refusal against one window alone where the model has taken prompts as long as that', () => {
    const scales = createScales(clock);
    const large = scales.gauge('vendor/model', 'large');
    large.learn(30_000, usageOf(30_000));
    const small = scales.gauge('vendor/model', 'small');
    small.refuse(5_000);
    expect(small.roomOf(100_000)).toBe(4_500);
    expect(large.roomOf(100_000)).toBe(100_000);
    expect(scales.gauge('vendor/model', 'new').roomOf(100_000)).toBe(100_000);
    large.refuse(40_000);
    expect(scales.gauge('vendor/model', 'new').roomOf(100_000)).toBe(36_000);
    expect(small.roomOf(100_000)).toBe(4_500);
    small.learn(5_000, usageOf(5_000));
    expect(small.roomOf(100_000)).toBe(36_000);
  });

  it('believes that a prompt was taken where its provider counts nothing', () => {
    const gauge = createScales(clock).gauge('vendor/model', 'window');
    gauge.refuse(10_000);
    gauge.learn(9_999, usageOf(0, true));
    expect(gauge.roomOf(100_000)).toBe(9_000);
    gauge.learn(10_000, usageOf(0, true));
    expect(gauge.roomOf(100_000)).toBe(100_000);
  });

  it('makes room at a share of the window, and after a refusal right below what was refused', () => {
    const gauge = createScales(clock).gauge('vendor/model', 'window');
    expect(gauge.triggerOf(10_000)).toBe(8_500);
    gauge.refuse(9_500);
    expect(gauge.triggerOf(10_000)).toBe(8_500);
    gauge.refuse(6_000);
    expect(gauge.triggerOf(10_000)).toBe(5_400);
  });
});
