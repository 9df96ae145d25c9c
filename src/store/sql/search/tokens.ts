import { stemmer } from 'stemmer';

/** Stems that are remembered; past them the memory begins anew. */
const stemsKept = 50_000;
const stems = new Map<string, string>();

const plain = /^[\u0000-\u007f]*$/;

/** The words of a text in order, as both databases see them: runs of letters and digits, lower case, no diacritics. */
export function tokensOf(text: string): string[] {
  // Plain English is most of what is read, and the short way takes a third of the time.
  if (plain.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const bare = text.normalize('NFKD').replace(/\p{M}+/gu, '');
  return bare.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** What the forms of an English word have in common, after Porter; other words mostly stay as they are. */
export function stemOf(token: string): string {
  const known = stems.get(token);
  if (known !== undefined) return known;
  if (stems.size >= stemsKept) stems.clear();
  const stem = stemmer(token);
  stems.set(token, stem);
  return stem;
}
