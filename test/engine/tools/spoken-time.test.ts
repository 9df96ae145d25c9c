import { describe, expect, it } from 'vitest';
import { readSpokenSpan } from '../../../src/engine/tools/spoken-time.js';

/** A Friday afternoon. */
const now = Date.parse('2025-03-14T15:30:00Z');

/** A span as its first and last day, or null. */
function days(text: string): string | null {
  const span = readSpokenSpan(text, now);
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return span === null ? null : `${day(span.from)} ${day(span.until - 1)}`;
}

describe('words for a time', () => {
  it.each([
    ['today', '2025-03-14 2025-03-14'],
    ['Yesterday', '2025-03-13 2025-03-13'],
    ['the day before yesterday', '2025-03-12 2025-03-12'],
    ['tomorrow', '2025-03-15 2025-03-15'],
    ['this week', '2025-03-10 2025-03-16'],
    ['last week', '2025-03-03 2025-03-09'],
    ['last month', '2025-02-01 2025-02-28'],
    ['next month', '2025-04-01 2025-04-30'],
    ['this year', '2025-01-01 2025-12-31'],
    ['last year', '2024-01-01 2024-12-31'],
    ['3 days ago', '2025-03-11 2025-03-11'],
    ['two weeks ago', '2025-02-28 2025-02-28'],
    ['a month ago', '2025-02-14 2025-02-14'],
    ['13 months ago', '2024-02-14 2024-02-14'],
    ['a year ago', '2024-03-14 2024-03-14'],
    ['the last 10 days', '2025-03-04 2025-03-14'],
    ['past two months', '2025-01-14 2025-03-14'],
    ['since Friday', '2025-03-14 2025-03-14'],
    ['last friday', '2025-03-07 2025-03-07'],
    ['since Tue', '2025-03-11 2025-03-11'],
    ['on Saturday', '2025-03-08 2025-03-08'],
    ['in May 2023', '2023-05-01 2023-05-31'],
    ['February 2024', '2024-02-01 2024-02-29'],
    ['march', '2025-03-01 2025-03-31'],
    ['in April', '2024-04-01 2024-04-30'],
    ['May 3rd', '2024-05-03 2024-05-03'],
    ['sept. 9, 2022', '2022-09-09 2022-09-09'],
    ['the 3rd of January', '2025-01-03 2025-01-03'],
    ['3 January 2020', '2020-01-03 2020-01-03'],
    ['2023', '2023-01-01 2023-12-31'],
    ['2023-05', '2023-05-01 2023-05-31'],
    ['since 2023-05-07', '2023-05-07 2023-05-07'],
    ['between March and May', '2024-03-01 2024-05-31'],
    ['between March and May 2023', '2023-03-01 2023-05-31'],
    ['between November and January', '2024-11-01 2025-01-31'],
    ['from last Monday to yesterday', '2025-03-10 2025-03-13'],
    ['2021 to 2023', '2021-01-01 2023-12-31'],
  ])('%s is %s', (text, expected) => {
    expect(days(text)).toBe(expected);
  });

  it.each([
    '',
    'some day',
    'may 40',
    'february 30',
    'foo 2023',
    '99 bottles ago',
    'last',
    'between x and y',
    '2023-13',
  ])('takes %j for no time', (text) => {
    expect(days(text)).toBeNull();
  });

  it('counts hours and minutes back from the moment itself', () => {
    expect(readSpokenSpan('2 hours ago', now)).toEqual({ from: now - 7_200_000, until: now - 7_199_999 });
    expect(readSpokenSpan('an hour ago', now)?.from).toBe(now - 3_600_000);
    expect(readSpokenSpan('now', now)?.from).toBe(now);
  });
});
