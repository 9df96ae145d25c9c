import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/domain/message.js';
import type { MessageSearchRequest } from '../../../src/store/store.js';
import type { OpenStore } from '../contract.js';
import { makeMessage, makePassage, makeScene } from '../rows.js';

const hour = 3_600_000;

export function describeRanking(store: OpenStore): void {
  /** A memory with one conversation in which these things were said, a minute after one another. */
  const told = async (sayings: readonly (string | Partial<Message>)[]): Promise<string> => {
    const { memory, conversation } = await makeScene(store());
    const messages = sayings.map((saying, index) => {
      const more = typeof saying === 'string' ? { parts: [{ type: 'text' as const, text: saying }] } : saying;
      return makeMessage(conversation.id, '', { createdAt: hour + index * 60_000, ...more });
    });
    await store().messages.append(conversation.id, messages);
    return memory.id;
  };
  const find = async (memoryId: string, query: string, more: Partial<MessageSearchRequest> = {}) => {
    const base = { memoryId, query, embedding: null, from: null, to: null, limit: 10, offset: 0, roles: null };
    const { hits, total } = await store().search.messages({ ...base, ...more });
    return { texts: hits.map(textOfHit), hits, total };
  };
  const said = (text: string, more: Partial<Message> = {}): Partial<Message> => ({
    parts: [{ type: 'text', text }],
    ...more,
  });

  describe('ranking what was said', () => {
    it('puts first what is quoted word for word, be its words as common as they may', async () => {
      const talk = 'Tea! We had tea, the two of us: two cups of tea, then two more, and tea with the two of them.';
      const memoryId = await told([talk, talk, talk, 'Two for tea?', 'Yes.', 'No.', 'Maybe.', talk, talk, talk]);
      expect((await find(memoryId, 'two for tea')).texts[0]).toBe('Two for tea?');
    });

    it('keeps to a phrase in quotation marks, and to its words where nobody said it', async () => {
      const memoryId = await told([
        'the red door is open',
        'a door, and red paint',
        'red, red door?',
        'an open window',
      ]);
      const phrase = await find(memoryId, 'open "red door"');
      expect(phrase).toMatchObject({ total: 2 });
      expect(phrase.texts[0]).toBe('the red door is open');
      expect((await find(memoryId, '"door red"')).total).toBe(3);
    });

    it('finds what was said in other words where nobody used the word that is asked for', async () => {
      const memoryId = await told(['The puppy got sick last night.', 'The train was late.', 'Catherine likes chess.']);
      expect(await find(memoryId, 'my dog was ill')).toMatchObject({
        texts: ['The puppy got sick last night.'],
        total: 1,
      });
      expect(await find(memoryId, 'Caroline or Johnson')).toMatchObject({ texts: [], total: 0 });
    });

    it('takes a word that somebody used, or that is asked for by itself, for this word alone', async () => {
      const memoryId = await told(['The puppy got sick.', 'The dog is asleep.']);
      expect(await find(memoryId, 'my dog snores')).toMatchObject({ texts: ['The dog is asleep.'], total: 1 });
      expect(await find(memoryId, 'ill')).toMatchObject({ texts: [], total: 0 });
    });

    const aboutPaint = [
      'Blue is a good paint, I was told once.',
      'The weather is fine today.',
      'The bus was late again.',
      'My sister called me.',
      'We had soup.',
      'Which paint did you take for the kitchen?',
      'Blue paint, and it is dry now at last.',
    ];
    const thought: Partial<Message> = {
      ...said('I think of paint.'),
      role: 'assistant',
      kind: 'inner',
      visible: false,
    };

    it.each<[string, (string | Partial<Message>)[]]>([
      ['a question about it', aboutPaint],
      [
        'a question about it, whatever the agent thought and did between',
        aboutPaint.flatMap((text) => [text, ...Array.from({ length: 6 }, () => thought)]),
      ],
      [
        'a question about it by another, whatever an agent said to each',
        aboutPaint.flatMap((text, index) => [
          said(text, { role: 'user', name: index % 2 === 0 ? 'Ines' : 'Tom' }),
          ...['So', 'I see', 'Well'].map((word) => said(`${word}, ${index}.`, { role: 'assistant' })),
        ]),
      ],
      [
        'a question about it of the same day of another year, answered now by the agent',
        aboutPaint.flatMap((text, index) => [
          said(`[2023-05-08 10:${10 + index}] Ines: ${text}`, { role: 'user' }),
          said(`So, ${index}.`, { role: 'assistant' }),
        ]),
      ],
      [
        'a question about it that tells its time, where the answer tells none',
        aboutPaint.map((text, index) => said(index === 5 ? `[2023-05-08 10:15] ${text}` : text)),
      ],
      ['a question about it and what is always said', aboutPaint.flatMap((text) => [text, 'As you say.'])],
    ])('prefers the answer that follows %s', async (_what, sayings) => {
      // Without what the question says for it, the answer would stand behind the question, which has both words.
      const memoryId = await told(sayings);
      const { texts } = await find(memoryId, 'kitchen paint');
      expect(texts.map((text) => text.replace(/^\[.*?\] (Ines: )?/, ''))).toEqual([
        aboutPaint[6],
        aboutPaint[5],
        aboutPaint[0],
      ]);
    });

    it('leaves a text in its place when its words are changed', async () => {
      const memoryId = await told(aboutPaint.map((text, index) => (index === 5 ? 'Which paint did you take?' : text)));
      const [question] = (await find(memoryId, '"did you take"')).hits;
      if (question === undefined) throw new Error('The question is not there.');
      await store().messages.update({ ...question, ...said(aboutPaint[5] ?? '') });
      expect((await find(memoryId, 'kitchen paint')).texts).toEqual([aboutPaint[6], aboutPaint[5], aboutPaint[0]]);
    });

    it.each([
      ['the name of its speaker', (name: string, text: string) => said(text, { name })],
      ['a name before a colon', (name: string, text: string) => said(`${name}: ${text}`)],
      ['a name behind a time', (name: string, text: string) => said(`[8 May 2023, 10:15] ${name}: ${text}`)],
      ['a name and a word for speaking', (name: string, text: string) => said(`${name} said, "${text}"`)],
    ])('knows who said something by %s', async (_how, say) => {
      const memoryId = await told([
        say('Ines', 'I went hiking with Tom.'),
        say('Tom', 'I went hiking with Ines.'),
        say('Ines', 'Good to hear from you.'),
        say('Tom', 'Good to hear from you too.'),
      ]);
      const ofInes = await find(memoryId, 'Where did Ines go hiking?');
      expect(ofInes.texts[0]).toContain('hiking with Tom');
      expect((await find(memoryId, 'Where did Tom go hiking?')).texts[0]).toContain('hiking with Ines');
      expect(ofInes.total).toBe(3);
    });

    it('knows the user by the name that the assistant uses, and the other way round', async () => {
      const calls = ['Thanks, Tom!', 'Hi Ines, how are you?', 'Hey Tom.', 'Congrats, Ines!', 'Wow, Tom!', 'Bye, Ines.'];
      const others = Array.from({ length: 12 }, (_, index) => `It is ${index} o’clock.`);
      const [lake, hill] = ['I went hiking by the lake.', 'I went hiking up the hill.'] as const;
      const ofInes = ['Hello.', hill, ...others, lake, ...others, 'Hello.', ...calls];
      const ofTom = [hill, ...others, lake, ...others, ...calls];
      const asTold = (texts: readonly string[]): Partial<Message>[] =>
        texts.map((text, index) => said(text, { role: index % 2 === 0 ? 'user' : 'assistant' }));
      // By what stands around it the hill would come first.
      expect((await find(await told(asTold(ofInes)), 'Where did Ines go hiking?')).texts[0]).toBe(lake);
      expect((await find(await told(asTold(ofTom)), 'Where did Tom go hiking?')).texts[0]).toBe(lake);
    });

    it.each([
      ['[1:56 pm on 8 May, 2023] Ines: ', '[2:10 pm on 9 June, 2023] Ines: '],
      ['2023-05-08: ', '2023-06-09: '],
      ['Ines (8 May 2023): ', 'Ines (9 June 2023): '],
    ])('takes the time that is written before what was said for its time: %s', async (inMay, inJune) => {
      const day = { from: Date.UTC(2023, 4, 8), to: Date.UTC(2023, 4, 9) - 1 };
      const other = { from: Date.UTC(2023, 5, 9), to: Date.UTC(2023, 5, 10) - 1 };
      const texts = [`${inMay}we had soup`, `${inJune}we had soup`];
      const memoryId = await told(texts);
      expect((await find(memoryId, 'the soup', { times: [day] })).texts).toEqual(texts);
      expect((await find(memoryId, 'the soup', { times: [other] })).texts).toEqual([...texts].reverse());
    });

    it('prefers what tells of a time where a time is asked for', async () => {
      const memoryId = await told(['We saw the concert last Friday.', 'We saw the concert with friends.']);
      expect((await find(memoryId, 'When was the concert?')).texts[0]).toBe('We saw the concert last Friday.');
    });

    it('looks at neighbours without letting them in where they do not match or may not be seen', async () => {
      const memoryId = await told([
        said('Where is the harbour?', { role: 'user' }),
        said('The harbour lies in the east.', { role: 'assistant' }),
        said('Thanks a lot.', { role: 'user' }),
      ]);
      expect(await find(memoryId, 'harbour')).toMatchObject({ total: 2 });
      expect(await find(memoryId, 'harbour', { roles: ['assistant'] })).toMatchObject({
        texts: ['The harbour lies in the east.'],
        total: 1,
      });
    });

    it('pages from the ranked ones on to all others without gap or double, always in one order', async () => {
      const memoryId = await told(Array.from({ length: 1_300 }, (_, index) => `pear number ${index % 7}`));
      const walk = async (): Promise<string[]> => {
        const ids: string[] = [];
        for (let offset = 0; offset < 1_300; offset += 100) {
          const page = await find(memoryId, 'pears', { limit: 100, offset });
          expect(page.total).toBe(1_300);
          ids.push(...page.hits.map((hit) => hit.id));
        }
        return ids;
      };
      const once = await walk();
      expect(new Set(once).size).toBe(1_300);
      expect(await walk()).toEqual(once);
    });

    it('prefers, of two archived texts with the word, the one that speaks of the matter', async () => {
      const { memory } = await makeScene(store());
      const texts = [
        'The bank raised the interest on her loan.',
        'The bank was muddy, and the water of the stream cold.',
      ];
      for (const text of texts) await store().memories.insertPassage(makePassage(memory.id, { text }));
      const base = { memoryId: memory.id, embedding: null, from: null, to: null, limit: 10, offset: 0, tags: null };
      const first = async (query: string): Promise<string | undefined> =>
        (await store().search.passages({ ...base, tagMatch: 'any', query })).hits[0]?.text;
      expect(await first('bank of the river')).toBe(texts[1]);
      expect(await first('bank that lends money')).toBe(texts[0]);
    });
  });
}

function textOfHit(message: Message): string {
  return message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
