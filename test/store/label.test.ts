import { describe, expect, it } from 'vitest';
import { labelled, type LabelledText } from '../../src/store/sql/search/label.js';

function read(text: string, speaker: string | null = null): LabelledText {
  return labelled({ key: 1, place: 'c', position: 1, createdAt: 7, role: 'user', speaker, text });
}

describe('the head of a text', () => {
  it.each([
    ['Ines: hi', 'Ines', 'hi'],
    ['Ines Maria Lopez: hi', 'Ines Maria Lopez', 'hi'],
    ['**Ines**: hi', 'Ines', 'hi'],
    ['Ines said, "hi"', 'Ines', '"hi"'],
    ['13:56 Ines: hi', 'Ines', 'hi'],
    ['[08/05/23, 13:56:12] Ines: hi', 'Ines', 'hi'],
    ['May: hi', 'May', 'hi'],
    ['(2) go on', null, 'go on'],
    ['8 May: went home', null, 'went home'],
    ['I said, no', null, 'I said, no'],
    ['At 5 I said: hello', null, 'At 5 I said: hello'],
    ['10 of the people: all', null, '10 of the people: all'],
    ['see: nothing', null, 'see: nothing'],
  ])('of %j tells a name, and no time without its year or in two readings', (text, label, said) => {
    const { begin, ...rest } = read(text);
    expect({ ...rest, said: text.slice(begin) }).toMatchObject({ label, toldAt: null, said });
  });

  it.each([
    ['[1:56 pm on 8 May, 2023] Ines: hi', '2023-05-08T13:56:00.000Z', 'Ines'],
    ['1:56 pm on 8 May, 2023 - Ines: hi', '2023-05-08T13:56:00.000Z', 'Ines'],
    ['2023-05-08 13:56 | Ines: hi', '2023-05-08T13:56:00.000Z', 'Ines'],
    ['2023-05-08T13:56:00+02:00 Ines: hi', '2023-05-08T11:56:00.000Z', 'Ines'],
    ['Monday, 8 May 2023: Ines: hi', '2023-05-08T00:00:00.000Z', 'Ines'],
    ['May 8th, 2023 Ines: hi', '2023-05-08T00:00:00.000Z', 'Ines'],
    ['Ines (8 May 2023, 1:56pm): hi', '2023-05-08T13:56:00.000Z', 'Ines'],
    ['[8 May 2023] hi', '2023-05-08T00:00:00.000Z', null],
    ['2023-05-08: hi', '2023-05-08T00:00:00.000Z', null],
    ['8 May 2023 – hi', '2023-05-08T00:00:00.000Z', null],
  ])('of %j tells a time', (text, time, label) => {
    const { begin, toldAt, ...rest } = read(text);
    expect(rest).toMatchObject({ label, createdAt: 7 });
    expect(toldAt).toBe(Date.parse(time));
    expect(text.slice(begin)).toBe('hi');
  });

  it('gives way to the name that a message has', () => {
    expect(read('Tom: hi', 'Ines').label).toBe('Ines');
    expect(read('hi', 'Ines')).toMatchObject({ label: 'Ines', begin: 0 });
  });
});
