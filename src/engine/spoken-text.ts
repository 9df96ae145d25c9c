import { parseArguments } from './call-arguments.js';

/** What a call of the speaking tool says: its `message`, whatever a careless model has put there. */
export function messageOf(text: string): string {
  const parsed = parseArguments(text);
  const message = parsed.ok ? parsed.value['message'] : null;
  if (typeof message === 'string') return message;
  return message === null || message === undefined ? '' : JSON.stringify(message);
}
