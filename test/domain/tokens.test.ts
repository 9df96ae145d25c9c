import { describe, expect, it } from 'vitest';
import { estimateTokens } from '../../src/domain/tokens.js';

/** Texts with the tokens that OpenAI's `o200k_base` makes of them. */
const counted: [kind: string, tokens: number, text: string][] = [
  [
    'English',
    54,
    'Yesterday we walked along the harbour until it got dark, and she told me about the boat her grandfather built. I said we should restore it next summer; she laughed, but I think she liked the idea. Could you remind me to ask her about it on Friday?',
  ],
  [
    'German',
    61,
    'Die alten Handelswege führten über die Pässe, und wer im Winter reiste, brauchte Geduld und einen guten Führer. Am nächsten Morgen lag der Nebel noch über dem Fluss, während die Händler ihre Wagen beluden und über die Preise für Salz und Wolle stritten.',
  ],
  [
    'Chinese',
    58,
    '我昨天在图书馆借了三本关于城市历史的书，其中一本讲的是十九世纪的港口贸易。你能帮我总结一下第二章的主要内容吗？另外，请提醒我下周五之前把书还回去，否则会有罚款。',
  ],
  [
    'Japanese',
    46,
    '昨日の夜、友達と新しいレストランに行きました。料理はとても美味しかったですが、少し高かったです。来週の金曜日にまた予約しようと思っています。',
  ],
  [
    'Russian',
    43,
    'Вчера мы долго гуляли по набережной, пока не стемнело, и она рассказала мне о лодке, которую построил её дедушка. Я предложил восстановить её следующим летом.',
  ],
  [
    'code',
    64,
    'export async function readAll(path: string): Promise<string[]> {\n  const handle = await open(path);\n  try {\n    const lines: string[] = [];\n    for await (const line of handle.readLines()) lines.push(line.trim());\n    return lines;\n  } finally {\n    await handle.close();\n  }\n}\n',
  ],
  [
    'JSON',
    75,
    '{"id":"0192f3a4-7c1e-7b02","created_at":1714060800,"user":{"name":"Ines","age":34,"tags":["tea","rowing"]},"items":[{"sku":"A-1093","price":12.5},{"sku":"B-2201","price":7.25}]}',
  ],
  ['emoji', 23, 'Great news 🎉🎉 the tests are green ✅ and we ship tomorrow 🚀 see you there 👋😀'],
];

describe('an estimate of tokens', () => {
  it.each(counted)('is right to a fifth for %s', (_kind, tokens, text) => {
    expect(estimateTokens(text)).toBeGreaterThan(tokens * 0.8);
    expect(estimateTokens(text)).toBeLessThan(tokens * 1.2);
  });

  it('is right to a twentieth for all of them together', () => {
    const sum = counted.reduce((total, [, tokens]) => total + tokens, 0);
    const estimated = counted.reduce((total, [, , text]) => total + estimateTokens(text), 0);
    expect(Math.abs(estimated / sum - 1)).toBeLessThan(0.05);
  });

  it('of a long text agrees with the sum of its parts, though it reads only some of it', () => {
    const part = counted.map(([, , text]) => text).join('\n');
    const whole = Array.from({ length: 200 }, () => part).join('\n');
    const ratio = estimateTokens(whole) / (estimateTokens(part) * 200);
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });

  it('is nothing for an empty text, and something for any other', () => {
    expect(estimateTokens('')).toBe(0);
    for (const text of [' ', '\n', 'a', '世', '👋', '\ud800']) expect(estimateTokens(text)).toBeGreaterThan(0);
  });
});
