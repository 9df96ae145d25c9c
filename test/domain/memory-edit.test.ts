import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { checkNewBlock, editBlock, type BlockEdit, type EditableBlock } from '../../src/domain/memory-edit.js';
import { describeFault, type MemoryFault } from '../../src/domain/memory-fault.js';
import { charsOf } from '../../src/domain/memory.js';

function block(value: string, more: Partial<EditableBlock> = {}): EditableBlock {
  return { label: 'human', value, charsMax: 1_000, readOnly: false, ...more };
}

function valueOf(of: EditableBlock, edit: BlockEdit): string {
  const outcome = editBlock(of, edit);
  if (!outcome.ok) throw new Error(describeFault(outcome.fault));
  return outcome.value;
}

function faultOf(of: EditableBlock, edit: BlockEdit): MemoryFault {
  const outcome = editBlock(of, edit);
  if (outcome.ok) throw new Error(`no fault, but "${outcome.value}"`);
  return outcome.fault;
}

const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const filled = anyText.filter((text) => text !== '');

describe('append', () => {
  it('joins with a line break, and without one where the block is empty', () => {
    expect(valueOf(block('a'), { kind: 'append', text: 'b' })).toBe('a\nb');
    expect(valueOf(block(''), { kind: 'append', text: 'b' })).toBe('b');
  });

  it('refuses an empty text', () => {
    expect(faultOf(block('a'), { kind: 'append', text: '' })).toMatchObject({ reason: 'empty-text' });
  });

  it('never loses the old value or the new text', () => {
    fc.assert(
      fc.property(anyText, filled, (old, text) => {
        const value = valueOf(block(old), { kind: 'append', text });
        expect(value.startsWith(old)).toBe(true);
        expect(value.endsWith(text)).toBe(true);
        expect(value.length).toBe(old.length + text.length + (old === '' ? 0 : 1));
      }),
    );
  });
});

describe('the limit', () => {
  const texts = { letters: 'aaaa', emoji: '🙂😀🎈🐙', combining: 'e\u0301o\u0308' };

  it.each(Object.entries(texts))(
    'counts code points of %s at one less, at the limit and at one more',
    (_name, text) => {
      expect(charsOf(text)).toBe(4);
      expect(valueOf(block('', { charsMax: 5 }), { kind: 'rewrite', text })).toBe(text);
      expect(valueOf(block('', { charsMax: 4 }), { kind: 'rewrite', text })).toBe(text);
      expect(faultOf(block('', { charsMax: 3 }), { kind: 'rewrite', text })).toEqual({
        reason: 'over-limit',
        label: 'human',
        limit: 3,
        current: 0,
        requested: 4,
        overshoot: 1,
      });
    },
  );

  it('I-17: counts the line break of an append and names limit, current, requested and overshoot', () => {
    const fault = faultOf(block('🙂🙂', { charsMax: 4 }), { kind: 'append', text: '🙂🙂' });
    expect(fault).toMatchObject({ limit: 4, current: 2, requested: 5, overshoot: 1 });
    expect(describeFault(fault)).toMatch(/at most 4 characters.*has 2 now.*make it 5.*is 1 too many/u);
  });

  it('lets a block that is over its limit become shorter, and neither longer nor stay as long', () => {
    const long = block('aaaaaaaa', { charsMax: 4 });
    expect(valueOf(long, { kind: 'rewrite', text: 'aaaaaaa' })).toBe('aaaaaaa');
    expect(faultOf(long, { kind: 'rewrite', text: 'bbbbbbbb' })).toMatchObject({ reason: 'over-limit' });
    expect(faultOf(long, { kind: 'append', text: 'b' })).toMatchObject({ reason: 'over-limit', overshoot: 6 });
  });

  it('is never passed by any edit of a block within it', () => {
    const edits = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), text: anyText }),
      fc.record({ kind: fc.constant('rewrite' as const), text: anyText }),
      fc.record({ kind: fc.constant('insert' as const), line: fc.integer({ min: -2, max: 3 }), text: anyText }),
      fc.record({ kind: fc.constant('replace-all' as const), search: filled, replacement: anyText }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), edits, (value, edit) => {
        const outcome = editBlock(block(value, { charsMax: 20 }), edit);
        if (outcome.ok) expect(charsOf(outcome.value)).toBeLessThanOrEqual(20);
      }),
    );
  });
});

describe('replace', () => {
  it('changes every occurrence or the only one', () => {
    expect(valueOf(block('cat, cat'), { kind: 'replace-all', search: 'cat', replacement: 'dog' })).toBe('dog, dog');
    expect(valueOf(block('a cat'), { kind: 'replace-one', search: 'cat', replacement: 'dog' })).toBe('a dog');
    expect(valueOf(block('a cat'), { kind: 'replace-one', search: ' cat', replacement: '' })).toBe('a');
  });

  it.each(['replace-all', 'replace-one'] as const)('takes pattern signs and "$&" as they are in %s', (kind) => {
    expect(valueOf(block('cost: $5.00 (net)'), { kind, search: '$5.00 (', replacement: '$& $1 [' })).toBe(
      'cost: $& $1 [net)',
    );
    expect(faultOf(block('abc'), { kind, search: 'a.c', replacement: 'x' })).toMatchObject({ reason: 'not-found' });
    expect(faultOf(block('abc'), { kind, search: '.*', replacement: 'x' })).toMatchObject({ reason: 'not-found' });
  });

  it.each(['replace-all', 'replace-one'] as const)('keeps line ends of both kinds as they are in %s', (kind) => {
    expect(valueOf(block('a\r\nb\nc'), { kind, search: 'a\r\nb', replacement: 'x\r\ny' })).toBe('x\r\ny\nc');
    expect(valueOf(block('a\nb\r\nc'), { kind, search: 'a\nb', replacement: 'x' })).toBe('x\r\nc');
  });

  it.each(['replace-all', 'replace-one'] as const)(
    'finds lines whichever line ends they were copied with in %s',
    (kind) => {
      expect(valueOf(block('a\r\nb\r\nc'), { kind, search: 'a\nb', replacement: 'x' })).toBe('x\r\nc');
      expect(valueOf(block('a\nb\nc'), { kind, search: 'a\r\nb', replacement: 'x' })).toBe('x\nc');
    },
  );

  it.each(['replace-all', 'replace-one'] as const)('I-17: refuses an empty search in %s', (kind) => {
    expect(faultOf(block('abc'), { kind, search: '', replacement: 'x' })).toMatchObject({ reason: 'empty-search' });
  });

  it('I-17: refuses a text that occurs more than once and names the lines', () => {
    const fault = faultOf(block('tea\nmilk\ntea and tea'), { kind: 'replace-one', search: 'tea', replacement: 'x' });
    expect(fault).toMatchObject({ reason: 'ambiguous', lines: [1, 3, 3] });
    expect(describeFault(fault)).toContain('occurs 3 times in block "human", on lines 1, 3, 3');
  });

  it('counts occurrences that overlap as several', () => {
    expect(faultOf(block('aaa'), { kind: 'replace-one', search: 'aa', replacement: 'b' })).toMatchObject({
      reason: 'ambiguous',
      lines: [1, 1],
    });
  });

  it('I-17: shows the nearest text where the search is not there', () => {
    const value = 'Name: Ada\nLives in Rome since 2019.\nPlays the cello.';
    const fault = faultOf(block(value), { kind: 'replace-all', search: 'lives at Rome since 2019', replacement: 'x' });
    expect(fault).toMatchObject({ reason: 'not-found', near: { line: 2 } });
    expect(describeFault(fault)).toMatch(/nearest text is on line 2: ".*Lives in Rome since 2019/su);
  });

  it('shows how the block begins where nothing is near, and says so where it is empty', () => {
    const far = faultOf(block('Plays the cello.'), { kind: 'replace-one', search: '0123456789', replacement: 'x' });
    expect(describeFault(far)).toContain('The block begins: "Plays the cello."');
    const empty = faultOf(block(''), { kind: 'replace-one', search: 'x', replacement: 'y' });
    expect(describeFault(empty)).toContain('The block is empty');
  });

  it('refuses line numbers copied along', () => {
    expect(faultOf(block('a'), { kind: 'replace-one', search: '1→ a', replacement: 'b' })).toEqual({
      reason: 'line-numbers',
      field: 'old text',
    });
    expect(faultOf(block('a'), { kind: 'replace-one', search: 'a', replacement: 'x\n 12→ b' })).toEqual({
      reason: 'line-numbers',
      field: 'new text',
    });
    expect(valueOf(block('a → b'), { kind: 'replace-one', search: 'a → b', replacement: 'c' })).toBe('c');
  });

  it('never changes anything where the text is absent', () => {
    fc.assert(
      fc.property(
        anyText,
        filled,
        anyText,
        fc.constantFrom('replace-all', 'replace-one'),
        (value, search, to, kind) => {
          fc.pre(!value.includes(search));
          expect(editBlock(block(value), { kind, search, replacement: to }).ok).toBe(false);
        },
      ),
    );
  });

  it('is undone by replacing back where both texts stand alone', () => {
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        const value = `${before}<old>${after}`;
        fc.pre(!before.includes('<') && !after.includes('<'));
        const changed = valueOf(block(value), { kind: 'replace-one', search: '<old>', replacement: '<$&>' });
        expect(valueOf(block(changed), { kind: 'replace-one', search: '<$&>', replacement: '<old>' })).toBe(value);
      }),
    );
  });
});

describe('insert', () => {
  it('puts lines before the first, after any, and at the end', () => {
    const of = block('one\ntwo');
    expect(valueOf(of, { kind: 'insert', line: 0, text: 'new' })).toBe('new\none\ntwo');
    expect(valueOf(of, { kind: 'insert', line: 1, text: 'new' })).toBe('one\nnew\ntwo');
    expect(valueOf(of, { kind: 'insert', line: 2, text: 'new' })).toBe('one\ntwo\nnew');
    expect(valueOf(of, { kind: 'insert', line: -1, text: 'new' })).toBe('one\ntwo\nnew');
    expect(valueOf(block('one\r\ntwo'), { kind: 'insert', line: 1, text: 'new' })).toBe('one\r\nnew\ntwo');
  });

  it.each([0, -1])('leaves no blank line in an empty block at %i', (line) => {
    expect(valueOf(block(''), { kind: 'insert', line, text: 'new' })).toBe('new');
  });

  it.each([3, -2, 1.5])('I-17: refuses line %d of a block of two lines and gives the range', (line) => {
    const fault = faultOf(block('one\ntwo'), { kind: 'insert', line, text: 'new' });
    expect(fault).toMatchObject({ reason: 'line-range', lineCount: 2 });
    expect(describeFault(fault)).toContain('0 (before the first line) to 2 (after the last)');
  });

  it('refuses line 1 of an empty block, empty text and copied line numbers', () => {
    expect(faultOf(block(''), { kind: 'insert', line: 1, text: 'x' })).toMatchObject({ reason: 'line-range' });
    expect(faultOf(block(''), { kind: 'insert', line: 0, text: '' })).toMatchObject({ reason: 'empty-text' });
    expect(faultOf(block(''), { kind: 'insert', line: 0, text: '3→ x' })).toMatchObject({ reason: 'line-numbers' });
  });
});

describe('patch', () => {
  const value = 'Name: Ada\nCity: Rome\n\nPet: Rex';
  const patch = (text: string, of = value) => editBlock(block(of), { kind: 'patch', patch: text });

  it('keeps, removes and adds lines in several places at once', () => {
    expect(patch('--- a\n+++ b\n@@ -1,2 +1,2 @@\n Name: Ada\n-City: Rome\n+City: Oslo\n@@\n-Pet: Rex\n')).toEqual({
      ok: true,
      value: 'Name: Ada\nCity: Oslo\n',
    });
  });

  it('adds at the end where a hunk only adds', () => {
    expect(patch('+Job: none')).toEqual({ ok: true, value: `${value}\nJob: none` });
    expect(patch('+first', '')).toEqual({ ok: true, value: 'first' });
  });

  it('removes a line that itself begins with dashes', () => {
    expect(patch('@@\n--- item', 'x\n-- item')).toEqual({ ok: true, value: 'x' });
  });

  it('changes nothing where one hunk of several does not fit', () => {
    expect(patch('@@\n-Name: Ada\n+Name: Eva\n@@\n-City: Paris\n')).toMatchObject({
      ok: false,
      fault: { reason: 'not-found', search: 'City: Paris' },
    });
  });

  it('refuses a place that is not the only one, a line without a sign, and an empty patch', () => {
    expect(patch('-x\n+y', 'x\nx')).toMatchObject({ fault: { reason: 'ambiguous', lines: [1, 2] } });
    expect(patch(' Name: Ada\nCity: Rome')).toMatchObject({ fault: { reason: 'patch-form', line: 2 } });
    expect(patch('')).toMatchObject({ fault: { reason: 'empty-text' } });
  });
});

describe('a block that may not be edited', () => {
  it.each<BlockEdit>([
    { kind: 'append', text: 'x' },
    { kind: 'replace-all', search: 'a', replacement: 'x' },
    { kind: 'replace-one', search: 'a', replacement: 'x' },
    { kind: 'insert', line: 0, text: 'x' },
    { kind: 'rewrite', text: 'x' },
    { kind: 'patch', patch: '+x' },
  ])('I-17: refuses $kind where it is read-only', (edit) => {
    expect(faultOf(block('a', { readOnly: true }), edit)).toEqual({ reason: 'read-only', label: 'human' });
  });
});

describe('a new block', () => {
  it('may have letters of any language in its label', () => {
    expect(checkNewBlock(block('x', { label: 'Projekt-Übersicht_2.1' }), ['human'])).toBeNull();
  });

  it.each(['', ' ', 'a b', '-a', '<x>', 'a/b', 'a\n', 'x'.repeat(limits.blockLabelCharsMax + 1)])(
    'may not be labelled %j',
    (label) => {
      expect(checkNewBlock(block('', { label }), [])).toMatchObject({ reason: 'label-form' });
    },
  );

  it('may not take a label, be one too many, or begin too long', () => {
    const labels = Array.from({ length: limits.blocksPerMemory }, (_, index) => `b${index}`);
    expect(checkNewBlock(block(''), ['human'])).toMatchObject({ reason: 'label-taken' });
    expect(checkNewBlock(block(''), labels)).toMatchObject({ reason: 'too-many-blocks' });
    expect(checkNewBlock(block(''), labels.slice(1))).toBeNull();
    expect(checkNewBlock(block('abcd', { charsMax: 3 }), [])).toMatchObject({ reason: 'over-limit', overshoot: 1 });
  });
});

describe('a sentence about a fault', () => {
  it('lists the labels that there are', () => {
    expect(describeFault({ reason: 'unknown-label', label: 'humn', labels: ['human', 'persona'] })).toContain(
      'human, persona',
    );
  });

  it('stays short however long the search was', () => {
    const search = '🙂'.repeat(5_000);
    const fault = faultOf(block('a'.repeat(900)), { kind: 'replace-one', search, replacement: '' });
    expect(charsOf(describeFault(fault))).toBeLessThan(1_000);
  });
});
