import { readdirSync, statSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import { AppError } from '../domain/errors.js';

/** A file on this machine that is to be loaded. */
export interface FileToLoad {
  path: string;
  /** How it is spoken of: its path below the folder, or as it was typed. */
  label: string;
}

/** Which files of a folder are wanted. */
export interface FolderSelection {
  folder: string;
  recursive: boolean;
  /** Endings, with or without the dot, in any case. */
  extensions: readonly string[];
}

/**
 * The files of a folder in the order of their names. Hidden ones stay out; links are followed to files and not to
 * folders, so that no folder is walked twice. Throws `invalid_request` where a folder cannot be read.
 */
export function filesOfFolder({ folder, recursive, extensions }: FolderSelection): FileToLoad[] {
  const endings = extensions.map((each) => `.${each.replace(/^\./, '')}`.toLowerCase());
  const wanted = (name: string): boolean => endings.some((ending) => name.toLowerCase().endsWith(ending));
  const found: FileToLoad[] = [];
  const walk = (path: string): void => {
    for (const entry of entriesOf(path)) {
      const inside = join(path, entry.name);
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) {
        if (recursive) walk(inside);
      } else if (wanted(entry.name) && isFile(entry, inside)) {
        found.push({ path: inside, label: relative(folder, inside) });
      }
    }
  };
  walk(folder);
  return found;
}

function entriesOf(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  } catch (cause) {
    throw new AppError('invalid_request', `The folder ${folder} cannot be read.`, { cause });
  }
}

function isFile(entry: Dirent, path: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
