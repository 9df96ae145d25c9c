import { describe, expect, it } from 'vitest';
import { openZone } from '../../../src/domain/zone.js';
import { readTime, writeTime, type Moment } from '../../../src/engine/tools/time-range.js';

const utc = openZone('UTC');

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
    expect(readTime(writeTime(moment, utc), 'to')).toBe(at('2024-05-01T10:20:30.999Z'));
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

describe('a time in an agent’s zone', () => {
  const berlin: Moment = { zone: openZone('Europe/Berlin'), now: at('2025-06-01T12:00:00Z') };

  it('I-24: a day begins and ends as it does in the zone, the end day included, also when clocks are changed', () => {
    expect(readTime('2025-06-01', 'from', berlin)).toBe(at('2025-05-31T22:00:00Z'));
    expect(readTime('2025-06-01', 'to', berlin)).toBe(at('2025-06-01T21:59:59.999Z'));
    const changed = ['2025-03-30', '2025-10-26'].map((day) => {
      const [from, to] = [readTime(day, 'from', berlin), readTime(day, 'to', berlin)];
      return ((to ?? 0) + 1 - (from ?? 0)) / 3_600_000;
    });
    expect(changed).toEqual([23, 25]);
  });

  it('I-31: what names no zone is of the agent’s, what names one is of that', () => {
    expect(readTime('2025-06-01T09:30', 'from', berlin)).toBe(at('2025-06-01T07:30:00Z'));
    expect(readTime('2025-06-01T09:30Z', 'from', berlin)).toBe(at('2025-06-01T09:30:00Z'));
    expect(readTime('2025-06-01T09:30:00-04:00', 'from', berlin)).toBe(at('2025-06-01T13:30:00Z'));
  });

  it.each(['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia', 'UTC'])(
    'I-31: a time that is shown in %s can be given back, through both changes of the clock',
    (name) => {
      const zone = openZone(name);
      const moment = { zone, now: 0 };
      for (let time = at('2025-01-01T00:30:00Z'); time < at('2026-01-01T00:00:00Z'); time += 5 * 3_600_000) {
        expect(readTime(writeTime(time, zone), 'from', moment)).toBe(time);
      }
      expect(writeTime(at('2025-07-01T00:00:00Z'), openZone('Asia/Kathmandu'))).toBe('2025-07-01T05:45:00+05:45');
    },
  );

  it('reads words as days of the zone, and none as times', () => {
    const late: Moment = { ...berlin, now: at('2025-05-31T23:00:00Z') };
    expect(readTime('today', 'from', late)).toBe(at('2025-05-31T22:00:00Z'));
    expect(readTime('yesterday', 'to', late)).toBe(at('2025-05-31T21:59:59.999Z'));
    expect(readTime('2 hours ago', 'from', late)).toBe(at('2025-05-31T21:00:00Z'));
    expect(readTime('some day', 'from', late)).toBeNull();
  });
});
