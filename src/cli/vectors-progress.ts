import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { read } from './catalogue.js';
import type { HttpClient } from './http-client.js';
import { createLoadProgress } from './load-progress.js';
import type { Terminal } from './terminal.js';

const answer = z.object({ model: z.string().nullable(), waiting: z.number() });

/** How often is asked, and how long nothing may happen before it is no longer waited for. */
interface Patience {
  everyMs: number;
  stalledMs: number;
}

const usual: Patience = { everyMs: 1_000, stalledMs: 60_000 };

/**
 * Tells how far the house is with the vectors that an import left it to make, until all are made. It ends early where
 * none comes for a while, since the house goes on trying by itself.
 */
export async function followVectors(
  client: Pick<HttpClient, 'json'>,
  terminal: Terminal,
  { everyMs, stalledMs }: Patience = usual,
): Promise<void> {
  const ask = async () => read(answer, await client.json('GET', '/admin/import/vectors'));
  const { model, waiting: total } = await ask();
  if (model === null || total === 0) return;
  terminal.print(`${total} texts get their vectors from ${model}; all of it is found by its words meanwhile.`);
  const bar = createLoadProgress(terminal, 1, 'Embedding');
  let waiting = total;
  for (let stillMs = 0; waiting > 0 && stillMs < stalledMs; stillMs += everyMs) {
    await sleep(everyMs);
    const now = (await ask()).waiting;
    if (now < waiting) stillMs = 0;
    waiting = now;
    bar.show(Math.max(0, 1 - waiting / total), `${Math.max(0, total - waiting)} of ${total}`);
  }
  bar.end(waiting > 0 ? 'Broken off' : 'Imported');
  if (waiting > 0) terminal.complain(`${waiting} texts have no vector yet; the server goes on with them.`);
  else terminal.print('All of them have their vectors.');
}
