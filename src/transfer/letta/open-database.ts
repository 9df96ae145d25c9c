import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../domain/errors.js';
import type { ReaderSource, SourceFile } from '../reader.js';
import { chromaFile, chromaLookups } from './chroma.js';
import { holdsAgents, type LettaDatabase } from './database.js';
import { openLettaPostgres } from './postgres-database.js';
import { isSqlite, openLettaSqlite, type Lookups } from './sqlite-database.js';

/** By what the rows of an agent are looked up. */
const lookups: Lookups = {
  memgpt_recall_memory_agent: ['agent_id', 'created_at', 'id'],
  messages: ['agent_id', 'sequence_id', 'created_at', 'id'],
  memgpt_archival_memory_agent: ['agent_id', 'created_at', 'id'],
  agent_passages: ['agent_id', 'created_at', 'id'],
  archival_passages: ['archive_id', 'created_at', 'id'],
  passages: ['agent_id', 'source_id', 'created_at', 'id'],
  source_passages: ['source_id', 'file_id', 'created_at', 'id'],
  memgpt_passages: ['data_source', 'doc_id', 'created_at', 'id'],
};

const addresses = /^(?:postgres(?:ql)?(?:\+\w+)?|sqlite|file):/iu;

/** The databases of a source that may be meant, by their names; for an address, words for it. */
export async function databasesIn({ url, files }: ReaderSource): Promise<string[]> {
  if (url !== null) return addresses.test(url) ? ['the address'] : [];
  const found: string[] = [];
  for (const file of candidates(files)) if (await isSqlite(file.path)) found.push(file.name);
  return found;
}

function candidates(files: readonly SourceFile[]): readonly SourceFile[] {
  if (files.length === 1) return files;
  return files.filter(({ name }) => /(?:\.db|\.sqlite3?)$/iu.test(name) && !name.endsWith(chromaFile));
}

/**
 * Opens the database of a source: its only file, the one file in a folder that holds agents, or an address. Throws
 * `invalid_request` where it holds none, or where several do.
 */
export async function openDatabase({ url, files, workspace }: ReaderSource): Promise<LettaDatabase> {
  if (url?.startsWith('postgres') === true) return openLettaPostgres(withoutDriver(url));
  if (url !== null) {
    const path = pathOf(url);
    return requireAgents(await openLettaSqlite({ path, name: basename(path) }, workspace, lookups));
  }
  const [file, ...others] = candidates(files);
  if (file === undefined) throw new AppError('invalid_request', 'No database of MemGPT or Letta is there.');
  if (others.length === 0) {
    if (/\.af$/iu.test(file.name) && !(await isSqlite(file.path))) {
      const why = `The file ${file.name} is no database: agent files are read by the format af.`;
      throw new AppError('invalid_request', why);
    }
    return requireAgents(await openLettaSqlite(file, workspace, lookups));
  }
  const holding: SourceFile[] = [];
  for (const each of [file, ...others]) if (await isOfAgents(each, workspace)) holding.push(each);
  const [only, ...more] = holding;
  if (only === undefined) throw new AppError('invalid_request', 'None of the databases holds agents.');
  if (more.length > 0)
    throw new AppError('invalid_request', 'Several databases are there: name the one that is meant.');
  return openLettaSqlite(only, workspace, lookups);
}

/** Opens the database of the folder in which Chroma keeps archives; null where there is none. */
export async function openChroma({ files, workspace }: ReaderSource): Promise<LettaDatabase | null> {
  const file = files.find(({ name }) => name.endsWith(chromaFile));
  return file === undefined || files.length === 1 ? null : openLettaSqlite(file, workspace, chromaLookups);
}

async function requireAgents(database: LettaDatabase): Promise<LettaDatabase> {
  if (holdsAgents(database.has)) return database;
  const isChroma = database.has('embedding_metadata') && database.has('collections');
  await database.close();
  const why = isChroma
    ? `The database ${database.name} is an archive of Chroma's: import the folder that holds sqlite.db and it.`
    : `The database ${database.name} holds no agents of MemGPT or Letta.`;
  throw new AppError('invalid_request', why);
}

async function isOfAgents(file: SourceFile, workspace: string): Promise<boolean> {
  if (!(await isSqlite(file.path))) return false;
  const database = await openLettaSqlite(file, workspace, lookups);
  await database.close();
  return holdsAgents(database.has);
}

/** `postgresql+pg8000://…` names a driver of Python's. */
function withoutDriver(url: string): string {
  return url.replace(/^postgres(?:ql)?\+\w+:/u, 'postgresql:');
}

function pathOf(url: string): string {
  if (url.startsWith('file:')) return fileURLToPath(url);
  const match = /^sqlite:(?:\/\/(?=\/))?(.+)$/u.exec(url);
  if (match?.[1] === undefined)
    throw new AppError('invalid_request', 'This is no address of a database that is known.');
  return match[1];
}
