import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pdfOf } from '../support/documents.js';
import { createMachine, type Machine, type Outcome, wholeProgram } from './command-line.js';

let machine: Machine;
let folder: string;

beforeEach(() => {
  machine = createMachine();
  folder = mkdtempSync(join(tmpdir(), 'library-'));
  mkdirSync(join(folder, 'more'));
  mkdirSync(join(folder, '.hidden'));
  writeFileSync(join(folder, 'harbour.md'), 'The harbour of Brest has nine cranes.');
  writeFileSync(join(folder, 'more', 'TIDES.TXT'), 'The tide in Brest is seven metres.');
  writeFileSync(join(folder, 'more', 'table.csv'), 'port,depth\nBrest,12\n');
  writeFileSync(join(folder, '.hidden', 'secret.txt'), 'Nobody asked for this.');
  symlinkSync('..', join(folder, 'more', 'round'));
});
afterEach(async () => {
  await machine.finish();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]): Promise<Outcome> => machine.run(args, { name: 'letta' }).ended;
const running = /Uvicorn running on (http:\/\/\S+:\d+)/;

describe('load directory', wholeProgram, () => {
  it('reads the files of a folder that have the usual endings, and no others, into a new source', async () => {
    expect(await run('load', 'directory', '--name', 'ports', '--input-dir', folder)).toEqual({
      status: 0,
      out: 'harbour.md: 1 passage\n1 file with 1 passage loaded into the source ports.\n',
      errors: '',
    });
    expect((await run('list', 'sources')).out).toBe('ports  files: 1  passages: 1\n');
  });

  it('goes into folders, takes other endings and named files, and reads nothing twice', async () => {
    const named = join(folder, 'more', 'table.csv');
    const flags = ['--name', 'ports', '--input-dir', folder, '--recursive', '--extensions', 'txt, .csv'];
    const loaded = await run('load', 'directory', ...flags, '--input-files', named);
    expect(loaded.out).toBe(
      'more/table.csv: 1 passage\nmore/TIDES.TXT: 1 passage\n2 files with 2 passages loaded into the source ports.\n',
    );
    await run('load', 'directory', ...flags);
    expect((await run('list', 'sources')).out).toBe('ports  files: 2  passages: 2\n');
  });

  it('names each file that failed, loads the others, and exits with 1', async () => {
    writeFileSync(join(folder, 'broken.pdf'), '%PDF-1.4\nnothing follows');
    writeFileSync(join(folder, 'log.pdf'), pdfOf(['The log of the Ines.', 'She sailed in May.']));
    const missing = join(folder, 'missing.txt');
    const outcome = await run(
      ...['load', 'directory', '--name', 'ports', '--input-dir', folder, '--input-files', missing],
    );
    expect(outcome.status).toBe(1);
    expect(outcome.errors).toContain(`${missing}: The file ${missing} cannot be read.\n`);
    expect(outcome.errors).toMatch(/^broken\.pdf: \S.+$/m);
    expect(outcome.out).toMatch(
      /^harbour\.md: 1 passage\nlog\.pdf: \d passages?\n2 files with \d passages loaded into/,
    );
    expect(outcome.out).toContain('ports; 2 failed.\n');
  });

  it('makes no source where there is nothing to load', async () => {
    const none = await run('load', 'directory', '--name', 'ports', '--input-dir', folder, '--extensions', '.docx');
    expect([none.status, none.errors]).toEqual([1, `There is no file ending in .docx in ${folder}.\n`]);
    expect((await run('load', 'directory', '--name', 'ports')).errors).toContain('--input-dir');
    expect((await run('load', 'directory', '--name', 'ports', '--input-dir', '/nowhere')).errors).toBe(
      'The folder /nowhere cannot be read.\n',
    );
    expect((await run('list', 'sources')).out).toBe('There are no sources.\n');
  });

  it('works through a running server, also for another user', async () => {
    const env = { MEMGPT_SERVER_PASS: 'p' };
    const made = await run('users', 'create', '--name', 'Ines');
    const id = /^User (user-\S+) /m.exec(made.out)?.[1] ?? '';
    const key = /^Key {2}(sk-[0-9a-f]{48})$/m.exec(made.out)?.[1] ?? '';
    const server = machine.run(['server', '--port', '0'], { env });
    const url = (await server.untilPrinted(running))[1] ?? '';
    const args = ['load', 'directory', '--name', 'ports', '--input-dir', folder, '--description', 'Of Brittany.'];
    expect((await machine.run([...args, '--user-id', id], { env }).ended).status).toBe(0);
    const sources = await fetch(`${url}/v1/sources`, { headers: { authorization: `Bearer ${key}` } });
    expect(await sources.json()).toMatchObject([{ name: 'ports', description: 'Of Brittany.', user_id: id }]);
    expect((await machine.run(['list', 'sources'], { env }).ended).out).toBe('There are no sources.\n');
  });
});

describe('load text', wholeProgram, () => {
  it('reads a text from standard input, a flag or a file', async () => {
    const args = ['load', 'text', '--name', 'notes'];
    const piped = await machine.run(args, { input: 'Ines sails on Friday.' }).ended;
    expect(piped.out).toBe('text.txt: 1 passage\n1 file with 1 passage loaded into the source notes.\n');
    expect((await run(...args, '--text', 'She comes back on Monday.')).status).toBe(0);
    expect((await run(...args, '-f', join(folder, 'harbour.md'))).out).toContain('harbour.md: 1 passage');
    expect((await run('list', 'sources')).out).toBe('notes  files: 3  passages: 3\n');
    expect((await run(...args, '--text', 'a', '-f', 'b')).errors).toContain('not both');
  });
});

describe('delete source', wholeProgram, () => {
  it('takes a source away by its name, and says where there is none', async () => {
    await run('load', 'text', '--name', 'notes', '--text', 'Ines sails on Friday.');
    expect((await run('delete', 'source', 'notes')).out).toBe('The source notes is deleted.\n');
    expect((await run('list', 'sources')).out).toBe('There are no sources.\n');
    const again = await run('delete', 'source', 'notes');
    expect([again.status, again.errors]).toEqual([1, "There is no source named 'notes'.\n"]);
  });
});
