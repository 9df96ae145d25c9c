import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chunksOfText,
  createChunker,
  sentenceChunking,
  windowChunking,
  type Chunking,
} from '../../src/domain/chunk.js';

/** Tokens as a chunker counts them. */
const tokensOf = (text: string): number => Buffer.byteLength(text, 'utf8') / 4;

const words = (count: number): string => Array.from({ length: count }, (_none, index) => `word${index}`).join(' ');

describe('cutting a text into windows', () => {
  it('keeps a short text whole', () => {
    expect(chunksOfText('  A short text.\n', windowChunking)).toEqual(['A short text.']);
  });

  it('cuts between words, at the size asked for, with the overlap asked for', () => {
    const chunking: Chunking = { kind: 'window', maxTokens: 100, overlapTokens: 50 };
    const passages = chunksOfText(words(1_000), chunking);
    expect(passages.length).toBeGreaterThan(30);
    for (const [index, passage] of passages.entries()) {
      expect(tokensOf(passage)).toBeLessThanOrEqual(100);
      const before = passages[index - 1]?.split(' ') ?? [];
      const shared = passage.split(' ').filter((word) => before.includes(word));
      if (index > 0) expect(tokensOf(shared.join(' '))).toBeGreaterThan(35);
      if (index > 0) expect(tokensOf(shared.join(' '))).toBeLessThanOrEqual(50);
    }
  });

  it('cuts a word that has no end', () => {
    const passages = chunksOfText('x'.repeat(100_000), { kind: 'window', maxTokens: 100, overlapTokens: 0 });
    expect(passages.join('')).toBe('x'.repeat(100_000));
    expect(Math.max(...passages.map((passage) => passage.length))).toBeLessThanOrEqual(400);
  });

  it('gives nothing for a text of blanks', () => {
    expect(chunksOfText(' \n\t '.repeat(10_000), windowChunking)).toEqual([]);
  });
});

describe('cutting a text into sentences', () => {
  it('ends a passage where a sentence ends', () => {
    const text = Array.from({ length: 100 }, (_none, index) => `Sentence ${index} says something new.`).join(' ');
    const passages = chunksOfText(text, sentenceChunking);
    expect(passages.length).toBeGreaterThan(1);
    for (const passage of passages) expect(passage).toMatch(/^Sentence \d+ .*new\.$/su);
    expect(passages.join(' ')).toBe(text);
  });

  it('cuts a sentence that is longer than a passage between its words', () => {
    const passages = chunksOfText(words(2_000), sentenceChunking);
    expect(passages.length).toBeGreaterThan(5);
    expect(passages.join(' ')).toBe(words(2_000));
  });
});

describe('a text that arrives in pieces', () => {
  it('is cut as if it had come at once, and loses no word', () => {
    const chunkings: Chunking[] = [
      { kind: 'window', maxTokens: 20, overlapTokens: 0 },
      { kind: 'sentences', maxTokens: 20, overlapTokens: 0 },
    ];
    const text = fc.array(fc.stringMatching(/^[a-zäöü日]{1,12}[.!?]?$/u), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 50 }), fc.constantFrom(...chunkings), (parts, size, chunking) => {
        const whole = parts.join(' ');
        const chunker = createChunker(chunking);
        const passages: string[] = [];
        for (let start = 0; start < whole.length; start += size) {
          passages.push(...chunker.write(whole.slice(start, start + size)));
        }
        passages.push(...chunker.end());
        expect(passages).toEqual(chunksOfText(whole, chunking));
        expect(passages.join(' ')).toBe(whole);
      }),
    );
  });
});
