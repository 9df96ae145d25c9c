import { describe, expect, it } from 'vitest';
import type { PastCall, ToolRule } from '../../src/domain/tool-rule.js';
import { allowedTools, describeRules, judgeTurn, needsApproval } from '../../src/engine/tool-rules.js';

const offered = ['look', 'book', 'pay', 'cancel'];

function called(name: string, output: string | null = 'ok', failed = false): PastCall {
  return { name, output, failed };
}

function names(rules: ToolRule[], past: PastCall[]): string[] {
  return [...allowedTools(rules, past, offered).names];
}

describe('rules of tools', () => {
  it('let everything be called, and nothing be forced, where there are none', () => {
    expect(allowedTools([], [called('look')], offered)).toEqual({ names: new Set(offered), mustCall: false });
  });

  it('force a first call, once', () => {
    const rules: ToolRule[] = [{ type: 'run_first', toolName: 'look' }];
    expect(allowedTools(rules, [], offered)).toEqual({ names: new Set(['look']), mustCall: true });
    expect(allowedTools(rules, [called('look')], offered)).toEqual({ names: new Set(offered), mustCall: false });
  });

  it('pass over a first call of a tool that is not offered', () => {
    expect(names([{ type: 'run_first', toolName: 'gone' }], [])).toEqual(offered);
  });

  it('let only children follow their parent', () => {
    const rules: ToolRule[] = [{ type: 'constrain_child_tools', toolName: 'book', children: ['pay', 'cancel'] }];
    expect(allowedTools(rules, [called('book')], offered)).toEqual({
      names: new Set(['pay', 'cancel']),
      mustCall: true,
    });
    expect(names(rules, [called('book'), called('pay')])).toEqual(offered);
  });

  it('keep from being called what may only follow another', () => {
    const rules: ToolRule[] = [{ type: 'parent_last_tool', toolName: 'book', children: ['pay'] }];
    expect(names(rules, [])).toEqual(['look', 'book', 'cancel']);
    expect(names(rules, [called('book')])).toEqual(offered);
    expect(names(rules, [called('book'), called('look')])).toEqual(['look', 'book', 'cancel']);
  });

  it.each([
    ['true', 'pay'],
    ['{"message":true}', 'pay'],
    ['7', 'book'],
    ['{"status":"OK","message":7}', 'book'],
    ['2.5', 'look'],
    ['"full"', 'cancel'],
    ['full', 'cancel'],
    ['{"message":"full"}', 'cancel'],
  ])('choose the next tool by what came back: %s', (output, next) => {
    const outcomes = { true: 'pay', '7': 'book', '2.5': 'look', full: 'cancel' };
    const rule: ToolRule = { type: 'conditional', toolName: 'look', outcomes, otherwise: null, strict: true };
    expect(allowedTools([rule], [called('look', output)], offered)).toEqual({ names: new Set([next]), mustCall: true });
  });

  it('choose the stand-in, everything or nothing where no outcome fits', () => {
    const rule = { type: 'conditional', toolName: 'look', outcomes: { yes: 'book' } } as const;
    const past = [called('look', 'no')];
    expect(names([{ ...rule, otherwise: 'cancel', strict: false }], past)).toEqual(['cancel']);
    expect(names([{ ...rule, otherwise: null, strict: false }], past)).toEqual(offered);
    expect(allowedTools([{ ...rule, otherwise: null, strict: true }], past, offered)).toEqual({
      names: new Set(),
      mustCall: false,
    });
  });

  it('count calls exactly', () => {
    const rules: ToolRule[] = [{ type: 'max_count_per_step', toolName: 'look', countMax: 3 }];
    expect(names(rules, [called('look'), called('look')])).toContain('look');
    expect(names(rules, [called('look'), called('book'), called('look'), called('look')])).not.toContain('look');
  });

  it('hold together: a child that was called often enough is no longer one', () => {
    const rules: ToolRule[] = [
      { type: 'constrain_child_tools', toolName: 'look', children: ['look', 'book'] },
      { type: 'max_count_per_step', toolName: 'look', countMax: 2 },
    ];
    expect(names(rules, [called('look'), called('look')])).toEqual(['book']);
  });

  it('end a run after a last call, whether it failed or not', () => {
    const rules: ToolRule[] = [{ type: 'exit_loop', toolName: 'pay' }];
    const call = called('pay', 'no', true);
    expect(judgeTurn(rules, [call], [call], offered)).toEqual({ decision: 'rest', missing: [] });
    expect(judgeTurn(rules, [called('look')], [called('look')], offered).decision).toBeNull();
  });

  it('go on after a call that asks for it, and where another has to follow', () => {
    const rules: ToolRule[] = [
      { type: 'continue_loop', toolName: 'look' },
      { type: 'constrain_child_tools', toolName: 'book', children: ['pay'] },
    ];
    expect(judgeTurn(rules, [called('look')], [called('look')], offered).decision).toBe('continue');
    expect(judgeTurn(rules, [called('book')], [called('book')], offered).decision).toBe('continue');
    expect(judgeTurn(rules, [], [called('book')], offered).decision).toBeNull();
  });

  it('name what is required and was not called yet, of what is offered', () => {
    const rules: ToolRule[] = [
      { type: 'required_before_exit', toolName: 'pay' },
      { type: 'required_before_exit', toolName: 'gone' },
    ];
    expect(judgeTurn(rules, [], [], offered).missing).toEqual(['pay']);
    expect(judgeTurn(rules, [], [called('pay')], offered).missing).toEqual([]);
  });

  it('leave, after words that cannot be the last, only what is missing', () => {
    const rules: ToolRule[] = [{ type: 'required_before_exit', toolName: 'pay' }];
    expect(allowedTools(rules, [called('send_message')], offered)).toEqual({ names: new Set(['pay']), mustCall: true });
    expect(names(rules, [called('pay'), called('send_message')])).toEqual(offered);
  });

  it('say which calls wait for approval', () => {
    const rules: ToolRule[] = [{ type: 'requires_approval', toolName: 'pay' }];
    expect(needsApproval(rules, 'pay')).toBe(true);
    expect(needsApproval(rules, 'look')).toBe(false);
  });

  it('are told to the model, each in a sentence', () => {
    const rules: ToolRule[] = [
      { type: 'run_first', toolName: 'look' },
      { type: 'conditional', toolName: 'look', outcomes: { yes: 'book' }, otherwise: 'cancel', strict: false },
    ];
    expect(describeRules(rules)).toBe(
      '- Begin with look, before any other tool.\n' +
        '- What look returns decides what you call next: yes → book; anything else → cancel.',
    );
  });
});
