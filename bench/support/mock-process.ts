import { startMockUpstream } from '../../test/support/mock-upstream.js';
import { speechArguments } from './reply-text.js';

/*
 * The mock model in a process of its own: answers every chat with one call of `send_message`. Its arguments are the
 * port, the milliseconds before the first token, and the tokens per second (0 is at once).
 */

const [port, firstTokenMs, tokensPerSecond, tokens] = process.argv.slice(2).map(Number);
const reply = {
  calls: [{ name: 'send_message', arguments: speechArguments(tokens ?? 0) }],
  usage: { prompt_tokens: 1_000, completion_tokens: tokens ?? 0 },
};
await startMockUpstream({
  port,
  firstTokenMs,
  tokensPerSecond,
  record: false,
  chat: () => reply,
  other: ({ path }) => (path === '/health' ? { body: { status: 'ok' } } : undefined),
});
