import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ArgumentStream, parseArguments } from '../../src/engine/call-arguments.js';

describe('the arguments of a call', () => {
  it('are taken as they are where they are a JSON object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(parseArguments(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown, repaired: false });
      }),
    );
  });

  it('are none where the text is empty', () => {
    expect(parseArguments(' \n')).toEqual({ ok: true, value: {}, repaired: false });
    expect(parseArguments('null')).toEqual({ ok: true, value: {}, repaired: true });
  });

  it('are the first of several objects glued together', () => {
    expect(parseArguments('{"a":"}{","b":{"c":1}}{"a":2}')).toEqual({
      ok: true,
      value: { a: '}{', b: { c: 1 } },
      repaired: true,
    });
  });

  it('glued together are told apart even where a text ends in a backslash or holds a quote', () => {
    const first = { a: 'x\\', b: '"}{', c: '\\"' };
    expect(parseArguments(JSON.stringify(first) + '\n{"a":2}')).toEqual({ ok: true, value: first, repaired: true });
  });

  it('are mended where a model wrote JSON badly', () => {
    const written = [
      `{"message": "one\ntwo"}`,
      `{'message': 'one\\ntwo'}`,
      `{"message": "one\\ntwo",}`,
      `{"message": "one\\ntwo"`,
      '```json\n{"message": "one\\ntwo"}\n```',
      JSON.stringify('{"message": "one\\ntwo"}'),
    ];
    for (const text of written) {
      expect(parseArguments(text), text).toEqual({ ok: true, value: { message: 'one\ntwo' }, repaired: true });
    }
  });

  it('of any length are read in spite of raw line breaks', () => {
    const value = { content: `one\n"two"\t${'x'.repeat(100_000)}` };
    const text = JSON.stringify(value).replaceAll('\\n', '\n').replaceAll('\\t', '\t');
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(parseArguments(text)).toEqual({ ok: true, value, repaired: true });
  });

  it('that are long or full of quotes and broken are refused, not guessed at', () => {
    expect(parseArguments(`{"a":1,}${' '.repeat(20)}`)).toMatchObject({ ok: true });
    expect(parseArguments(`{${'"'.repeat(256_000)}}`)).toMatchObject({ ok: false });
    expect(parseArguments(`{"a":"${'x'.repeat(20_000)}",}`)).toMatchObject({ ok: false });
    expect(parseArguments(`{"a":"${"it's\\n".repeat(300)}",}`)).toMatchObject({ ok: false });
  });

  it('are refused with a sentence where they are no object', () => {
    for (const text of ['hello', '[1,2]', '42', 'true', '"x"', '}{', '\u0000']) {
      const parsed = parseArguments(text);
      expect(parsed.ok ? parsed.value : parsed.error, text).toMatch(/^The arguments .*\.$/);
    }
  });

  it('never throw, however deep or broken they are', () => {
    expect(parseArguments('{"a":'.repeat(100_000))).toMatchObject({ ok: false });
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\\'\n a1') }), (text) => {
        expect(typeof parseArguments(text).ok).toBe('boolean');
      }),
    );
  });
});

/** All that a stream gives for one member, and every piece it came in. */
function stream(pieces: string[], member: string): { text: string; deltas: string[] } {
  const reader = new ArgumentStream([member]);
  const deltas = pieces.flatMap((piece) => reader.feed(piece)).map((delta) => delta.text);
  return { text: deltas.join(''), deltas };
}

function split(text: string, cuts: number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [...places, text.length].map((end, index) => text.slice(index === 0 ? 0 : (places[index - 1] ?? 0), end));
}

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', '\n', '{', '}', ',', ':', '\ud83d', '\ude00'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
});

describe('a stream of arguments', () => {
  it('gives of the chosen member exactly what JSON.parse would, wherever the text is cut', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.string().filter((key) => key !== 'message'),
            fc.jsonValue(),
          ),
        ),
        anyText,
        fc.array(fc.nat()),
        fc.boolean(),
        (others, message, cuts, spaced) => {
          const members = Object.fromEntries(others);
          const value = { ...members, message, nested: { message: 'not this one' }, last: '"message":"nor this"' };
          const text = JSON.stringify(value, null, spaced ? 2 : undefined);
          const wellFormed = Buffer.from(message, 'utf8').toString('utf8');
          expect(stream(split(text, cuts), 'message').text).toBe(wellFormed);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('decodes every escape, even one cut in two', () => {
    const message = 'é😀\b\f\n\r\t/"\\ end';
    const escaped = [...message]
      .flatMap((character) => character.split(''))
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
    const text = `{"message":"${escaped}\\b\\f\\n\\r\\t\\/\\"\\\\"}`;
    expect(stream(text.split(''), 'message').text).toBe(`${message}\b\f\n\r\t/"\\`);
  });

  it('never gives half a surrogate pair', () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), (message, escaped) => {
        const json = JSON.stringify({ message });
        const text = escaped
          ? json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : json;
        for (const delta of stream(text.split(''), 'message').deltas) {
          expect(delta).toBe(Buffer.from(delta, 'utf8').toString('utf8'));
        }
      }),
    );
  });

  it('gives text as soon as it has come', () => {
    const reader = new ArgumentStream(['message', 'inner_thoughts']);
    expect(reader.feed('{"inner_thoughts": "a gu')).toEqual([{ member: 'inner_thoughts', text: 'a gu' }]);
    expect(reader.feed('est", "message": "Hel')).toEqual([
      { member: 'inner_thoughts', text: 'est' },
      { member: 'message', text: 'Hel' },
    ]);
    expect(reader.feed('lo"')).toEqual([{ member: 'message', text: 'lo' }]);
    expect(reader.feed(', "request_heartbeat": false}')).toEqual([]);
  });

  it('gives nothing of members that are not strings, of later objects, or of a text that is no object', () => {
    expect(stream(['{"message":{"message":"deep"},"x":["message"]}'], 'message').text).toBe('');
    expect(stream(['{"message":null,"x":1}{"message":"second"}'], 'message').text).toBe('');
    expect(stream(['"message":"bare"'], 'message').text).toBe('');
    expect(stream(['["message", {"message":"x"}]'], 'message').text).toBe('');
  });
});
