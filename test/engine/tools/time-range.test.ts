import { describe, expect, it } from 'vitest';
import { readTime, writeTime } from '../../../src/engine/tools/time-range.js';

const at = (iso: string): number => Date.parse(iso);

describe('readTime', () => {
  it('I-24: takes a date from its first moment to its last', () => {
    expect(readTime('2024-02-29', 'from')).toBe(at('2024-02-29T00:00:00.000Z'));
    expect(readTime('2024-02-29', 'to')).toBe(at('2024-02-29T23:59:59.999Z'));
  });

  it.each([
    ['2024-05-01T10:20:30Z', '2024-05-01T10:20:30.000Z'],
    ['2024-05-01 10:20', '2024-05-01T10:20:00.000Z'],
    ['2024-05-01T10:20:30.125Z', '2024-05-01T10:20:30.125Z'],
    ['2024-05-01T10:20:30.123456+02:00', '2024-05-01T08:20:30.123Z'],
    ['2024-05-01T10:20:30-0530', '2024-05-01T15:50:30.000Z'],
    [' 2024-05-01T10:20:30 UTC ', '2024-05-01T10:20:30.000Z'],
  ])('reads %s exactly', (text, iso) => {
    expect(readTime(text, 'from')).toBe(at(iso));
  });

  it('takes in the whole second of an end, so that a time shown in a result can be given back', () => {
    const moment = at('2024-05-01T10:20:30.700Z');
    expect(readTime(writeTime(moment), 'to')).toBe(at('2024-05-01T10:20:30.999Z'));
    expect(readTime('2024-05-01T10:20:30.5Z', 'to')).toBe(at('2024-05-01T10:20:30.500Z'));
  });

  it.each([
    '',
    'yesterday',
    '2024-02-30',
    '2023-02-29',
    '2024-13-01',
    '24-01-01',
    '01/02/2024',
    '2024-05-01T24:00:00Z',
    '2024-05-01T10:60:00Z',
    '2024-05-01T10:20:30+99:00',
    '1714556430000',
    "2024-05-01'; drop table messages",
  ])('refuses %j', (text) => {
    expect(readTime(text, 'from')).toBeNull();
  });
});
