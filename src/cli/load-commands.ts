import type { Command } from 'commander';
import { basename, resolve } from 'node:path';
import { AppError } from '../domain/errors.js';
import { withHouse } from './house-client.js';
import { filesOfFolder } from './load-files.js';
import { documentOfFile, load, type Document } from './load.js';
import type { ProgramContext } from './program.js';

interface SourceFlags {
  name: string;
  description?: string;
  userId?: string;
}

interface DirectoryFlags extends SourceFlags {
  inputDir?: string;
  inputFiles: string[];
  recursive: boolean;
  extensions: string;
}

interface TextFlags extends SourceFlags {
  text?: string;
  filename?: string;
}

const usualExtensions = '.txt,.md,.pdf';
const nameOfText = 'text.txt';

/** The commands that read files and texts into sources, which agents search. */
export function addLoad(program: Command, context: ProgramContext): void {
  const commands = program.command('load').description('read files or a text into a source, which agents search');
  addDirectory(withSource(commands.command('directory')), context);
  addText(withSource(commands.command('text')), context);
}

function withSource(command: Command): Command {
  return command
    .requiredOption('--name <name>', 'name of the source; it is made where it does not exist')
    .option('--description <text>', 'what a new source is about')
    .option('--user-id <id>', 'whose source it is (the default user)');
}

function addDirectory(command: Command, { terminal, onExit }: ProgramContext): void {
  command
    .description('read the files of a folder into a source')
    .option('--input-dir <folder>', 'the folder')
    .option('--input-files <file>', 'a file, whatever its ending; may be given again', collected, [])
    .option('--recursive', 'also the folders in it', false)
    .option('--no-recursive', 'only the folder itself, as usual')
    .option('--extensions <endings>', 'endings of the files that are read, with commas between', usualExtensions)
    .action(async (flags: DirectoryFlags) => {
      const documents = documentsOf(flags);
      onExit(await withHouse((client) => load(client, flags, documents, terminal), flags.userId ?? null));
    });
}

function addText(command: Command, { terminal, onExit }: ProgramContext): void {
  command
    .description('read a text into a source: from standard input, where it is not given')
    .option('--text <text>', 'the text')
    .option('-f, --filename <path>', 'a file that holds the text')
    .action(async (flags: TextFlags) => {
      const document = textOf(flags, terminal.input);
      onExit(await withHouse((client) => load(client, flags, [document], terminal), flags.userId ?? null));
    });
}

function documentsOf({ inputDir, inputFiles, recursive, extensions }: DirectoryFlags): Document[] {
  const endings = extensions
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && each !== '.');
  const named = inputFiles.map((path) => ({ path, label: path }));
  const inside = inputDir === undefined ? [] : filesOfFolder({ folder: inputDir, recursive, extensions: endings });
  // A file that was named and also lies in the folder is one file.
  const files = new Map([...named, ...inside].map((file) => [resolve(file.path), file]));
  if (files.size > 0) return [...files.values()].map(documentOfFile);
  if (inputDir === undefined) throw refusal('Give a folder with --input-dir, or files with --input-files.');
  throw refusal(`There is no file ending in ${endings.join(', ')} in ${inputDir}.`);
}

function textOf({ text, filename }: TextFlags, input: AsyncIterable<Uint8Array>): Document {
  if (text !== undefined && filename !== undefined) {
    throw refusal('Give the text with --text or a file with -f, not both.');
  }
  if (filename !== undefined) return documentOfFile({ path: filename, label: basename(filename) });
  const given = text === undefined ? input : [Buffer.from(text)];
  return { name: nameOfText, label: nameOfText, open: () => Promise.resolve(bytesOf(given)) };
}

async function* bytesOf(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

function collected(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

function refusal(message: string): AppError {
  return new AppError('invalid_request', message);
}
