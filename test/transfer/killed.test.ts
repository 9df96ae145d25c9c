import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMachine, serverPassword, startServer, type Client, type Machine } from '../support/server-process.js';
import { threadOf } from './thread-bundle.js';

let machine: Machine;
beforeEach(() => {
  machine = createMachine();
});
afterEach(() => machine.finish());

it('an import whose server is killed is finished by the same command, with each message there once, in its order', async () => {
  const thread = threadOf(20_000);
  const bundle = join(dirname(machine.home), 'thread.jsonl');
  writeFileSync(bundle, `${thread.lines.join('\n')}\n`);
  const command = ['import', 'bundle', bundle];
  const server = await startServer(machine);
  const first = machine.run(command, { env: { MEMGPT_SERVER_PASS: serverPassword } });
  await untilSaid(server, thread.id, 5_000);
  await server.kill();
  const broken = await first.ended;
  expect(broken.status).not.toBe(0);
  expect(broken.errors).toContain('the same command goes on where it stopped');

  const again = await machine.run(command).ended;
  expect(again).toMatchObject({ status: 0, errors: '' });
  expect(again.out).toMatch(/^Went on after [1-9]\d* records that were imported before\.$/m);
  expect(again.out).toMatch(/^message: 20000 read, \d+ new(, \d+ here already)?$/m);

  const { out } = await machine.run(['export', '--thread', thread.id]).ended;
  const lines = out.split('\n').filter((line) => line.startsWith('{"kind":"message"'));
  expect(lines.map((line) => (JSON.parse(line) as { value: { id: string } }).value.id)).toEqual(thread.messageIds);
}, 120_000);

/** Asks until more than so many messages are there. */
async function untilSaid(server: Client, threadId: string, count: number): Promise<void> {
  for (;;) {
    const { json } = await server.ask('GET', `/v1/threads/${threadId}/messages?limit=1`);
    const text = String(json.data?.[0]?.content[0].text.value ?? 'Word 0');
    if (Number(text.slice('Word '.length)) >= count) return;
  }
}
