import type { Command } from 'commander';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../domain/errors.js';
import { withHouse } from './house-client.js';
import { importExport, type ImportFlags, type WantedImport } from './import.js';
import type { ProgramContext } from './program.js';

interface ExportFlags {
  agent?: string;
  assistant?: string;
  thread?: string;
  all?: boolean;
  vectors?: boolean;
  out?: string;
  format: string;
}

/** The commands that take things from server to server. */
export function addTransfers(program: Command, { terminal, onExit }: ProgramContext): void {
  program
    .command('import')
    .description('take in what another server has saved')
    .usage('[options] [format] <source>')
    .argument('<words...>', 'a file, a folder, or the address of a database; before it bundle, openai, letta or af')
    .option('--user <id>', 'whose everything becomes (whoever it belongs to; without users in the source, you)')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--lenient', 'take in what can be read of a source that is damaged')
    .option('--report <file>', 'write the report as JSON')
    .action(async (words: string[], flags: ImportFlags) => {
      const wanted = wantedIn(words, flags);
      onExit(await withHouse((client) => importExport(client, wanted, terminal)));
    });
  program
    .command('export')
    .description('save an agent, a thread, or everything, as a bundle that import reads')
    .option('--agent <id>', 'an agent, with what it knows and its conversations')
    .option('--assistant <id>', 'the same, for an assistant')
    .option('--thread <id>', 'a thread, with the agents in it')
    .option('--all', 'everything')
    .option(
      '--vectors',
      'with the vectors of texts, which another server of the same embedding model need not make anew',
    )
    .option('--format <name>', 'bundle; or af, an agent file of Letta, for an agent', 'bundle')
    .option('--out <file>', 'where it is written (standard output)')
    .action(async (flags: ExportFlags) => {
      const path = `/admin/export${queryOf(flags)}`;
      await withHouse(async (client) => {
        const bytes = await client.download(path);
        if (flags.out !== undefined) await pipeline(bytes, createWriteStream(flags.out, { mode: 0o600 }));
        else await terminal.pour(bytes);
      });
      onExit(0);
    });
}

/** A source alone, whose format is found out, or behind the name of its format. */
function wantedIn(words: readonly string[], flags: ImportFlags): WantedImport {
  const [first = '', second, ...more] = words;
  if (more.length > 0) throw new AppError('invalid_request', 'One source is imported at a time.');
  return second === undefined ? { format: 'auto', source: first, flags } : { format: first, source: second, flags };
}

function queryOf({ agent, assistant, thread, all, vectors, format }: ExportFlags): string {
  const wishes = [agent, assistant, thread, all === true ? '' : undefined].filter((wish) => wish !== undefined);
  if (wishes.length !== 1) {
    throw new AppError('invalid_request', 'Give one of --agent, --assistant, --thread or --all.');
  }
  const query = new URLSearchParams({ format });
  const id = agent ?? assistant;
  if (id !== undefined) query.set('agent', id);
  if (thread !== undefined) query.set('thread', thread);
  if (vectors === true) query.set('vectors', 'true');
  return `?${query.toString()}`;
}
