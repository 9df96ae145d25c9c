import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Block } from '../../src/domain/memory.js';
import { compileSystemPrompt, type SystemPromptInput } from '../../src/engine/system-prompt.js';
import { classicInstructions } from '../../src/engine/prompts/classic.js';
import { nativeInstructions } from '../../src/engine/prompts/native.js';

function block(label: string, value: string, more: Partial<Block> = {}): Block {
  return {
    id: label,
    memoryId: 'memory',
    label,
    description: '',
    value,
    charsMax: 2_000,
    readOnly: false,
    version: 1,
    createdAt: 0,
    updatedAt: 0,
    ...more,
  };
}

const input: SystemPromptInput = {
  instructions: 'Be kind.',
  additionalInstructions: null,
  protocol: 'native',
  origin: 'native',
  blocks: [],
  hasMemoryTools: true,
  passageCount: 3,
  hiddenMessages: 7,
};

describe('a system prompt', () => {
  it('begins with what changes least and ends with counts', () => {
    const blocks = [block('human', 'Ada'), block('rules', 'no', { readOnly: true }), block('persona', 'Sam')];
    const text = compileSystemPrompt({ ...input, blocks, additionalInstructions: 'Today only.' });
    const places = ['Be kind.', 'Today only.', '<rules', '<persona', '<human', 'out of view: 7', 'archive: 3'].map(
      (piece) => text.indexOf(piece),
    );
    expect(places).not.toContain(-1);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });

  it('keeps its beginning when the human block or a count changes', () => {
    const before = compileSystemPrompt({ ...input, blocks: [block('persona', 'Sam'), block('human', 'Ada')] });
    const after = compileSystemPrompt({
      ...input,
      blocks: [block('persona', 'Sam'), block('human', 'Ada, 36')],
      passageCount: 4,
    });
    expect(after).not.toBe(before);
    expect(after.slice(0, before.indexOf('<human'))).toBe(before.slice(0, before.indexOf('<human')));
  });

  it('shows used and allowed characters of a block in code points, and its description', () => {
    const text = compileSystemPrompt({
      ...input,
      blocks: [block('human', 'Zoë 👩‍🚀', { description: 'Who "they" <are>' })],
    });
    expect(text).toContain(
      '<human characters="7/2000" description="Who &quot;they&quot; &lt;are&gt;">\nZoë 👩‍🚀\n</human>',
    );
  });

  it('is exactly the instructions for an OpenAI assistant without memory', () => {
    const plain = { ...input, origin: 'openai', hasMemoryTools: false } as const;
    expect(compileSystemPrompt(plain)).toBe('Be kind.');
    expect(compileSystemPrompt({ ...plain, blocks: [block('human', ' '), block('persona', '')] })).toBe('Be kind.');
    expect(compileSystemPrompt({ ...plain, instructions: null })).toBe('');
    expect(compileSystemPrompt({ ...plain, additionalInstructions: 'And brief.' })).toBe('Be kind.\n\nAnd brief.');
  });

  it('shows an OpenAI assistant its memory once a block has content or a memory tool was given', () => {
    const plain = { ...input, origin: 'openai', passageCount: 0, hiddenMessages: 0 } as const;
    expect(compileSystemPrompt({ ...plain, hasMemoryTools: false, blocks: [block('human', 'Ada')] })).toContain(
      '<human characters="3/2000">\nAda\n</human>',
    );
    expect(compileSystemPrompt({ ...plain, blocks: [block('human', '')] })).toContain('<human characters="0/2000">');
  });

  it('teaches the heartbeat protocol to an assistant whose author knew nothing of it', () => {
    const text = compileSystemPrompt({ ...input, origin: 'openai', protocol: 'heartbeat' });
    expect(text).toMatch(/^Be kind\./);
    expect(text).toContain('send_message');
    expect(text).toContain('request_heartbeat');
  });

  it('of a native agent without instructions is the standard one of its protocol', () => {
    expect(compileSystemPrompt({ ...input, instructions: null })).toContain(nativeInstructions);
    expect(compileSystemPrompt({ ...input, instructions: null, protocol: 'heartbeat' })).toContain(classicInstructions);
  });

  it('puts memory where the author wrote {CORE_MEMORY}, and takes every other brace as text', () => {
    const text = compileSystemPrompt({
      ...input,
      instructions: 'Use {json} {0} {{x}}.\n{CORE_MEMORY}\nThe end {',
      blocks: [block('human', "costs $& and $1, $' and {CORE_MEMORY}")],
    });
    expect(text).toMatch(/^Use \{json\} \{0\} \{\{x\}\}\.\n### Memory\n/);
    expect(text).toMatch(/\nThe end \{$/);
    expect(text).toContain("costs $& and $1, $' and {CORE_MEMORY}\n</human>");
  });

  it('holds the text of a block inside its element, whatever the text is', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '</human>',
        '</ HUMAN >',
        '</persona>',
        '< /human>',
        '<persona>',
        '</block>',
        'a',
        '\n',
        '<',
        '\\',
      ),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const value = parts.join('');
        const text = compileSystemPrompt({ ...input, blocks: [block('persona', 'Sam'), block('human', value)] });
        const ends = text.match(/<\s*\/\s*(?:human|persona|block)\s*>/gi);
        expect(ends).toEqual(['</persona>', '</human>']);
      }),
    );
  });

  it('leaves text that ends no element exactly as it is stored', () => {
    const value = 'if (a < b && c > d) { return "<b>&amp;</b>"; }';
    expect(compileSystemPrompt({ ...input, blocks: [block('human', value)] })).toContain(`\n${value}\n`);
  });

  it('names a block whose label is no element name by an attribute', () => {
    const text = compileSystemPrompt({ ...input, blocks: [block('project plan/"x"', 'now')] });
    expect(text).toContain('<block label="project plan/&quot;x&quot;" characters="3/2000">\nnow\n</block>');
  });

  it('says how many conversations share the memory only where it is shared', () => {
    expect(compileSystemPrompt({ ...input, conversationCount: 1 })).not.toContain('share');
    expect(compileSystemPrompt({ ...input, conversationCount: 4 })).toMatch(/share this memory: 4$/u);
    expect(compileSystemPrompt({ ...input, conversationCount: 20 })).toMatch(/share this memory: 20 or more$/u);
  });
});
