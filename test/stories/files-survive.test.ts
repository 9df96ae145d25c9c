import { afterEach, describe, expect, it } from 'vitest';
import {
  createMachine,
  serverPassword,
  startServer,
  type Answer,
  type Machine,
  type ServerProcess,
} from '../support/server-process.js';
import { pdfOf } from '../support/documents.js';
import { wholeProgram } from '../cli/command-line.js';

const storyMs = 120_000;
let machine: Machine | null = null;
afterEach(() => machine?.finish());

const headers = { authorization: `Bearer ${serverPassword}` };

async function upload(server: ServerProcess, sourceId: string, name: string, bytes: string | Buffer): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)]), name);
  const response = await fetch(`${server.url}/v1/sources/${sourceId}/upload`, { method: 'POST', headers, body: form });
  return ((await response.json()) as { id: string }).id;
}

async function jobOf(server: ServerProcess, id: string): Promise<Answer['json']> {
  return (await server.ask('GET', `/api/sources/status/${id}`)).json;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a file on its way into a source', wholeProgram, () => {
  it(
    'is read to its end by the next server where the first is killed in the middle',
    { timeout: storyMs },
    async () => {
      machine = createMachine();
      const first = await startServer(machine);
      const { json: source } = await first.ask('POST', '/api/sources', { name: 'annals' });
      const lines = Array.from(
        { length: 30_000 },
        (_none, index) => `In the year ${index} the river rose by ${index} feet.`,
      );
      const long = await upload(first, source.id as string, 'annals.txt', lines.join(' '));
      const bad = await upload(first, source.id as string, 'bad.pdf', 'no pdf');
      const last = await upload(
        first,
        source.id as string,
        'birds.pdf',
        pdfOf(['The heron Cassiopeia nests at Wexford.']),
      );
      await until(async () => (await jobOf(first, long)).metadata_.num_passages > 20);
      await first.kill();

      const second = await startServer(machine);
      expect((await jobOf(second, long)).status).not.toBe('completed');
      await until(async () => {
        const jobs = await Promise.all([long, bad, last].map((id) => jobOf(second, id)));
        return jobs.every((job) => job.status === 'completed' || job.status === 'failed');
      });
      const { json } = await second.ask('GET', `/api/sources/${source.id}/passages?limit=10000`);
      const texts = (json.passages as { text: string; data_source: string }[]).map((passage) => passage.text);
      const told = texts.join(' ').match(/In the year \d+/g) ?? [];
      expect(told).toHaveLength(lines.length);
      expect(new Set(told).size).toBe(lines.length);
      expect(await jobOf(second, long)).toMatchObject({
        status: 'completed',
        metadata_: { num_passages: texts.length - 1 },
      });
      expect(await jobOf(second, bad)).toMatchObject({ status: 'failed' });

      const agentId = await second.newAgent();
      await second.ask('POST', `/api/sources/${source.id}/attach?agent_id=${agentId}`);
      const spoken = await second.say(agentId, 'Where does the heron Cassiopeia nest?');
      expect(spoken.join(' ')).toContain('Wexford');
      expect(await second.stop()).toBe(0);
    },
  );
});
