/** A file as it was uploaded. Its bytes lie elsewhere, known by their hash. */
export interface StoredFile {
  id: string;
  ownerId: string;
  /** The name it came with, without any folder. */
  name: string;
  /** As the caller declared it, or null. Never believed where the bytes say otherwise. */
  mimeType: string | null;
  /** A word of the caller's: `assistants`, `user_data`, `vision`. */
  purpose: string;
  bytes: number;
  /** SHA-256 of the bytes in hexadecimal digits, or `noContent`. */
  sha256: string;
  createdAt: number;
  /** When it is deleted by itself, or null. */
  expiresAt: number | null;
  /** What a face must give back though nothing else has use for it. */
  faceData: Record<string, unknown>;
}

/** In the place of the hash: the bytes of this file are not here, since it was imported without them. */
export const noContent = '';

/** Characters of a name that are kept: what file systems and headers bear. */
const nameCharsMax = 255;

/**
 * A file's name as it is kept: the last part of a path of either system, without control characters and halves of
 * characters, of bounded length with its ending. Never empty.
 */
export function cleanFileName(name: string): string {
  const last = name.split(/[/\\]/u).at(-1) ?? '';
  const plain = last.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, '').trim();
  if (plain === '' || plain === '.' || plain === '..') return 'file';
  const characters = Array.from(plain);
  if (characters.length <= nameCharsMax) return plain;
  const ending = /\.[^.]{1,16}$/u.exec(plain)?.[0] ?? '';
  return characters.slice(0, nameCharsMax - Array.from(ending).length).join('') + ending;
}

/** The ending of a name in lower case without its dot, or an empty text. */
export function endingOf(name: string): string {
  return /\.([^.]{1,16})$/u.exec(name)?.[1]?.toLowerCase() ?? '';
}
