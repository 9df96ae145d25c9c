import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFace, type Body, type OpenaiFace } from '../../support/openai-face.js';

let face: OpenaiFace;
let thread: Body;
/** Ids in the order in which the messages were made. */
let made: string[];
beforeAll(async () => {
  face = await startFace();
  thread = (await face.send('POST', '/threads')).body;
  made = [];
  for (let index = 0; index < 45; index += 1) {
    const body = { role: index % 2 === 0 ? 'user' : 'assistant', content: `message ${index}` };
    made.push((await face.send('POST', `/threads/${thread.id}/messages`, body)).body.id);
  }
});
afterAll(() => face.close());

async function page(query: string, of = `/threads/${thread.id}/messages`): Promise<{ ids: string[]; more: unknown }> {
  const { status, body } = await face.send('GET', `${of}?${query}`);
  expect(status).toBe(200);
  const ids = body.data.map((item) => item.id);
  expect([body['first_id'], body['last_id']]).toEqual([ids[0] ?? null, ids.at(-1) ?? null]);
  return { ids, more: body['has_more'] };
}

const newestFirst = (): string[] => [...made].reverse();

describe('a list', () => {
  it('has the twenty newest items, newest first, where the query is empty', async () => {
    expect(await page('')).toEqual({ ids: newestFirst().slice(0, 20), more: true });
  });

  it.each(['desc', 'asc'])('is walked through forwards in order %s, each item once', async (order) => {
    const whole = order === 'asc' ? made : newestFirst();
    const walked: string[] = [];
    let more: unknown = true;
    while (more === true) {
      const cursor = walked.length === 0 ? '' : `&after=${walked.at(-1) ?? ''}`;
      const next = await page(`limit=20&order=${order}${cursor}`);
      walked.push(...next.ids);
      more = next.more;
    }
    expect(walked).toEqual(whole);
  });

  it.each(['desc', 'asc'])(
    'is walked through backwards in order %s, by the items nearest the cursor',
    async (order) => {
      const whole = order === 'asc' ? made : newestFirst();
      let walked: string[] = [];
      let before = whole.at(-1) ?? '';
      let more: unknown = true;
      while (more === true) {
        const next = await page(`limit=20&order=${order}&before=${before}`);
        walked = [...next.ids, ...walked];
        before = next.ids[0] ?? '';
        more = next.more;
      }
      expect(walked).toEqual(whole.slice(0, -1));
    },
  );

  it('keeps its order before a cursor, and has nothing before its first item', async () => {
    const [m45, m44, m43] = newestFirst();
    expect(await page(`before=${m44 ?? ''}`)).toEqual({ ids: [m45], more: false });
    expect(await page(`before=${m43 ?? ''}`)).toEqual({ ids: [m45, m44], more: false });
    expect(await page(`before=${m45 ?? ''}`)).toEqual({ ids: [], more: false });
  });

  it('can be asked for what stands between two cursors', async () => {
    const ids = newestFirst();
    const between = await page(`after=${ids[4] ?? ''}&before=${ids[9] ?? ''}`);
    expect(between).toEqual({ ids: ids.slice(5, 9), more: false });
  });

  it('says that there is no more on a last page that is full', async () => {
    const ids = newestFirst();
    expect(await page(`limit=40&after=${ids[4] ?? ''}`)).toEqual({ ids: ids.slice(5), more: false });
    expect(await page(`limit=39&after=${ids[4] ?? ''}`)).toEqual({ ids: ids.slice(5, 44), more: true });
  });

  it('ignores an empty cursor and what it does not know of a query', async () => {
    expect(await page('limit=1&after=&before=&api-version=2024-05-01-preview&x=y')).toEqual({
      ids: [made.at(-1)],
      more: true,
    });
  });

  it('is unaffected by what else is added while it is read', async () => {
    const own = (
      await face.send('POST', '/threads', {
        messages: [
          { role: 'user', content: '1' },
          { role: 'user', content: '2' },
        ],
      })
    ).body;
    const of = `/threads/${own.id}/messages`;
    const first = await page('limit=1', of);
    await face.send('POST', of, { role: 'user', content: '3' });
    const second = await page(`limit=1&after=${first.ids[0] ?? ''}`, of);
    expect(second.more).toBe(false);
    expect(second.ids).not.toEqual(first.ids);
  });

  it.each([
    [
      'limit=0',
      "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
      'integer_below_min_value',
    ],
    [
      'limit=101',
      "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
      'integer_above_max_value',
    ],
    ['limit=ten', "Invalid type for 'limit': expected an integer, but got a string instead.", 'invalid_type'],
    ['limit=1.5', "Invalid type for 'limit': expected an integer, but got a string instead.", 'invalid_type'],
    ['order=up', "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.", 'invalid_value'],
  ])('refuses %s', async (query, message, code) => {
    for (const path of ['/assistants', '/threads', `/threads/${thread.id}/messages`]) {
      const { status, body } = await face.send('GET', `${path}?${query}`);
      expect([status, body.error?.message, body.error?.code]).toEqual([400, message, code]);
    }
  });

  it.each(['after', 'before'])(
    'refuses a cursor %s something that is not in it, and shows no id of its own',
    async (param) => {
      const other = (await face.send('POST', '/threads', { messages: [{ role: 'user', content: 'x' }] })).body;
      const [foreign] = (await page('', `/threads/${other.id}/messages`)).ids;
      for (const cursor of [foreign ?? '', 'msg_abc123']) {
        const { status, body } = await face.send('GET', `/threads/${thread.id}/messages?${param}=${cursor}`);
        expect([status, body.error?.param]).toEqual([400, param]);
        expect(body.error?.message).toBe(`Invalid '${param}': the list has no object with this ID.`);
      }
    },
  );
});

describe('any page of a list', () => {
  it('is the one that cutting the whole list by hand gives', async () => {
    const index = fc.option(fc.nat({ max: 44 }), { nil: undefined });
    const asked = fc.record({
      limit: fc.integer({ min: 1, max: 50 }),
      order: fc.boolean(),
      after: index,
      before: index,
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ limit, order, after, before }) => {
        const whole = order ? made : newestFirst();
        const from = after === undefined ? 0 : after + 1;
        const open = whole.slice(from, before === undefined ? undefined : Math.max(from, before));
        const backwards = before !== undefined && after === undefined;
        const query = new URLSearchParams({ limit: String(limit), order: order ? 'asc' : 'desc' });
        if (after !== undefined) query.set('after', whole[after] ?? '');
        if (before !== undefined) query.set('before', whole[before] ?? '');
        expect(await page(query.toString())).toEqual({
          ids: backwards ? open.slice(-limit) : open.slice(0, limit),
          more: open.length > limit,
        });
      }),
      { numRuns: 80 },
    );
  });
});

describe('the lists of assistants and threads', () => {
  it.each([
    ['/assistants', { model: 'm' }],
    ['/threads', { metadata: { list: 'own' } }],
  ])('%s are paged alike, newest first', async (path, body) => {
    const { headers } = await face.app.newUser();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.unshift((await face.send('POST', path, body, headers)).body.id);
    const read = async (query: string): Promise<unknown[]> => {
      const answer = (await face.send('GET', `${path}?${query}`, undefined, headers)).body;
      return [answer.data.map((item) => item.id), answer['has_more']];
    };
    expect(await read('')).toEqual([ids, false]);
    expect(await read('limit=2')).toEqual([ids.slice(0, 2), true]);
    expect(await read(`limit=2&after=${ids[1] ?? ''}`)).toEqual([ids.slice(2, 4), true]);
    expect(await read(`limit=2&before=${ids[3] ?? ''}`)).toEqual([ids.slice(1, 3), true]);
    expect(await read('order=asc&limit=5')).toEqual([[...ids].reverse(), false]);
  });
});
