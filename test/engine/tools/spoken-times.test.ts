import { describe, expect, it } from 'vitest';
import { openZone } from '../../../src/domain/zone.js';
import { spokenTimes } from '../../../src/engine/tools/spoken-times.js';

/** A Friday afternoon. */
const now = Date.parse('2025-03-14T15:30:00Z');
const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The first and the last day of each time that a question speaks of. */
function times(question: string): string[] {
  return spokenTimes(question, { zone: openZone('UTC'), now }).map(({ from, to }) => `${day(from)} ${day(to)}`);
}

describe('times that a question speaks of', () => {
  it.each([
    ['What did Ines paint in May 2023?', ['2023-05-01 2023-05-31']],
    ['What happened on 3 June, 2023 at the lake?', ['2023-06-03 2023-06-03']],
    ['What did we plan for October 13th, 2023?', ['2023-10-13 2023-10-13']],
    ['Where was I on 2024-02-29?', ['2024-02-29 2024-02-29']],
    ['Which books did I read in 2023?', ['2023-01-01 2023-12-31']],
    ['where did we go in the summer of 2022', ['2022-01-01 2022-12-31']],
    ['Was it in May 2023 or on 4 July 2023?', ['2023-05-01 2023-05-31', '2023-07-04 2023-07-04']],
    ['What did I say yesterday?', ['2025-03-13 2025-03-13']],
    ['What did I cook two weeks ago?', ['2025-02-28 2025-02-28']],
    ['who called last   week', ['2025-03-03 2025-03-09']],
    ['What did she do last Monday?', ['2025-03-10 2025-03-10']],
  ])('%s', (question, spoken) => {
    expect(times(question)).toEqual(spoken);
  });

  it('may be of any of the last years where none is named', () => {
    expect(times('Where did we camp in June?')).toEqual(
      [2025, 2024, 2023, 2022, 2021].map((year) => `${year}-06-01 ${year}-06-30`),
    );
  });

  it('are those of dates alone where there are any', () => {
    expect(times('What did Ines do last weekend, the week before 10 April, 2023, or last week?')).toEqual([
      '2023-04-10 2023-04-10',
    ]);
  });

  it.each([
    'May I ask what the march was about?',
    'Who did she marry?',
    'How many of the 2000 books are mine?',
    'What is in room 1999?',
    'What did decorators augment?',
    'Where is 31 June?',
    '',
  ])('are none in: %s', (question) => {
    expect(times(question)).toEqual([]);
  });

  it('begin and end as days do in the zone', () => {
    const [time] = spokenTimes('on 3 June 2023', { zone: openZone('America/New_York'), now });
    expect(time).toEqual({ from: Date.parse('2023-06-03T04:00:00Z'), to: Date.parse('2023-06-04T04:00:00Z') - 1 });
  });

  it('are found in questions of any length, so many and no more', () => {
    const found = (question: string): number => spokenTimes(question, { zone: openZone('UTC'), now }).length;
    for (const part of ['last ', '3 ', 'a ', '2023-', 'in the ']) expect(found(part.repeat(20_000)), part).toBe(0);
    expect(found('in May 2023 '.repeat(20_000))).toBe(32);
  });
});
