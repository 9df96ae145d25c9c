/** Said once in every conversation, so that nobody takes the stand-in for a model. */
export const introduction =
  'I am a small rule-based stand-in that runs without a model; for a real one set OPENAI_API_KEY or OPENAI_BASE_URL, or run `threadkeeper configure`.';

/** Said where no rule fits. */
export const atALoss =
  'I work by a few simple rules, so I have no good answer to that, but tell me about yourself and I will remember it.';

/** Said where something was asked that should be in memory and is not. */
export const notKnown = 'I have nothing about that in my memory yet; tell me and I will remember it.';

const smallTalk: [RegExp, string][] = [
  [
    /\bmeaning of life\b|\b42\b.*\blife\b/i,
    '42 is the famous answer; the part worth thinking about is what you would like the question to be.',
  ],
  [/\bhow are you\b|\bhow(?:['’]s| is) it going\b|\bhow do you do\b/i, 'I am doing well, thank you. How are you?'],
  [
    /\bwhat can you do\b|\bhow can you help\b|\bwhat do you do\b/i,
    'I remember what you tell me, find it again when you ask, search files and call the functions I am given.',
  ],
  [
    /\btell me a joke\b|\banother joke\b/i,
    'A goldfish walks into a bar and forgets why. I would have written it down.',
  ],
  [
    /\b(?:are you (?:a |an )?(?:human|robot|bot|ai|real|model|llm))\b/i,
    'I am a program that follows rules, and no model.',
  ],
  [/\b(?:thank you|thanks|thx|cheers)\b/i, 'You are welcome.'],
  [/\b(?:good ?bye|bye|see you|good night)\b/i, 'Goodbye! I will remember where we stopped.'],
  [
    /^(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings|howdy|yo)\b[\s!.,]*(?:there|all|everyone)?[\s!.,?]*$/i,
    'Hello! What is on your mind?',
  ],
  [/^(?:yes|no|ok|okay|sure|fine|great|cool|nice|alright|got it)[\s!.]*$/i, 'Good. What shall we turn to next?'],
];

/** A reply to small talk, or null where the text is none. */
export function smallTalkReply(text: string): string | null {
  return smallTalk.find(([pattern]) => pattern.test(text.trim()))?.[1] ?? arithmetic(text) ?? equation(text);
}

/** `3x + 11 = 14` and the like: one unknown, once. */
function equation(text: string): string | null {
  const match = /(-?\d*\.?\d*)\s*\*?\s*([a-z])\s*(?:([-+])\s*(\d+(?:\.\d+)?))?\s*=\s*(-?\d+(?:\.\d+)?)(?![\d\w])/i.exec(
    text,
  );
  if (match === null) return null;
  const [, factor = '', unknown = 'x', sign, constant = '0', right = '0'] = match;
  const multiple = factor === '' ? 1 : factor === '-' ? -1 : Number(factor);
  const offset = sign === '-' ? -Number(constant) : Number(constant);
  const difference = Number(right) - offset;
  if (!Number.isFinite(multiple) || multiple === 0) return null;
  const value = Number((difference / multiple).toFixed(6));
  const moved =
    offset === 0 ? '' : `Move ${Math.abs(offset)} to the other side: ${multiple}${unknown} = ${difference}. `;
  return `${moved}Divide by ${multiple}: ${unknown} = ${value}.`;
}

/** `what is 12 * 3` and the like: two numbers and one operator. */
function arithmetic(text: string): string | null {
  const match = /(-?\d+(?:\.\d+)?)\s*([-+*/x×÷]|plus|minus|times|divided by)\s*(-?\d+(?:\.\d+)?)\s*\??\s*$/i.exec(text);
  if (match === null || !/^(?:what|how much|calculate|compute|\d)/i.test(text.trim())) return null;
  const [left, right] = [Number(match[1]), Number(match[3])];
  const value = compute(left, match[2]?.toLowerCase() ?? '+', right);
  return Number.isFinite(value) ? `That is ${Number(value.toFixed(6))}.` : 'That cannot be divided.';
}

function compute(left: number, operator: string, right: number): number {
  switch (operator) {
    case '+':
    case 'plus':
      return left + right;
    case '-':
    case 'minus':
      return left - right;
    case '/':
    case '÷':
    case 'divided by':
      return left / right;
    default:
      return left * right;
  }
}
