/** Begins every reply of the mock model, so that its first token is found in any dialect's bytes. */
export const firstMark = '~';

/** Ends every reply; an answer that does not hold it is not whole. */
export const lastMark = '^';

const charsPerToken = 6;

/** Arguments of a speaking call that the mock model streams as a number of tokens. */
export function speechArguments(tokens: number): string {
  const [head, tail] = [`{"message": "${firstMark}`, `${lastMark}"}`];
  const chars = tokens * charsPerToken - head.length - tail.length;
  return head + 'words '.repeat(Math.ceil(chars / charsPerToken)).slice(0, chars) + tail;
}
