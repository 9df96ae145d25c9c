import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { citationsIn } from '../../../src/domain/citation.js';
import { newId } from '../../../src/domain/ids.js';
import { annotationsToWire, SpokenText } from '../../../src/http/openai/citations.js';

interface Part {
  text: { value: string; annotations?: Record<string, unknown>[] };
}

const markers = new Map([
  ['【4:0†source】', newId()],
  ['【4:1†source】', newId()],
]);

const piece = fc.oneof(
  fc.constantFrom(...markers.keys(), '【9:9†source】', '【', '】', '【4:0†sou', '🙂', 'a word. '),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);

/** Says a text in pieces that end at the given places. */
function stream(text: string, cuts: readonly number[]): Part[] {
  const spoken = new SpokenText('message', markers);
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((left, right) => left - right);
  const pieces = [...places, text.length].map((place, index) => text.slice(places[index - 1] ?? 0, place));
  return [...pieces.flatMap((each) => spoken.take(each)), ...spoken.rest()] as unknown as Part[];
}

describe('a streamed text', () => {
  it('says the whole text with the annotations of the whole, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), (pieces, cuts) => {
        const text = pieces.join('');
        // Halves of a character are never handed on by themselves.
        const inside = cuts.filter((cut) => !/[\uD800-\uDBFF]$/.test(text.slice(0, cut % (text.length + 1))));
        const parts = stream(text, inside);
        expect(parts.map((part) => part.text.value).join('')).toBe(text);
        const told = parts.flatMap((part) => part.text.annotations ?? []);
        expect(told.map(({ index }) => index)).toEqual(told.map((_one, index) => index));
        const whole = annotationsToWire(text, citationsIn(text, markers));
        expect(told.map(({ index: _index, ...rest }) => rest)).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  it('tells a marker and its annotation together, however it arrives', () => {
    const text = 'Rome fell in 476【4:0†source】.';
    const parts = stream(
      text,
      Array.from(text, (_character, index) => index),
    );
    const cited = parts.filter((part) => (part.text.annotations ?? []).length > 0);
    expect(cited.map((part) => part.text.value)).toEqual(['【4:0†source】']);
    expect(cited[0]?.text.annotations?.[0]).toMatchObject({ start_index: 16, end_index: 28 });
  });
});
