import { expect } from 'vitest';
import type { ScriptedTurn, Script } from '../../src/providers/scripted.js';
import { startReadingFace, type ReadingFace } from '../support/reading-face.js';
import type { Answer } from './python-client.js';

/** A text that alone knows where a heron nests. */
export const birdFile = { name: 'birds.txt', content: 'The heron Cassiopeia nests at Wexford, says Inés.\n' };
/** What only that text can answer. */
export const birdQuestion = 'Where does the heron Cassiopeia nest?';
/** The answer of a model whose search found the text. */
export const birdKnown = 'It nests at Wexford.';
/** Its answer where the search found nothing. */
export const birdUnknown = 'I do not know.';

/** A server that reads files, and whose model greets, but searches its archive where it is asked of the heron. */
export function startNativeHouse(greeting: ScriptedTurn): Promise<ReadingFace> {
  return startReadingFace({ script: searchingFor(greeting) });
}

/** Asks for a job, as the clients do, until it has ended well; returns its last answer. */
export async function untilCompleted(read: () => Promise<Answer>): Promise<Record<string, unknown>> {
  for (;;) {
    const { status, body } = await read();
    expect(status).toBe(200);
    const job = body as Record<string, unknown>;
    expect(['created', 'running', 'completed']).toContain(job['status']);
    if (job['status'] === 'completed') return job;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function searchingFor(greeting: ScriptedTurn): Script {
  return ({ messages }) => {
    const asked = messages.findLastIndex(
      (message) => message.role === 'user' && JSON.stringify(message.parts).includes(birdQuestion),
    );
    if (asked === -1) return greeting;
    const found = messages.slice(asked).find((message) => message.role === 'tool');
    if (found === undefined) {
      const search = { query: 'heron Cassiopeia', request_heartbeat: true };
      return { text: 'I look it up.', calls: [{ name: 'archival_memory_search', arguments: search }] };
    }
    const place = /nests at (\w+)/u.exec(found.text)?.[1];
    const message = place === undefined ? birdUnknown : `It nests at ${place}.`;
    return { text: 'I have looked.', calls: [{ name: 'send_message', arguments: { message } }] };
  };
}
