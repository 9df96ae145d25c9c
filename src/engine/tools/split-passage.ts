/** Ends of paragraphs, lines, sentences and words: where a text is best divided, the best first. */
const boundaries = [/\n\s*\n/gu, /\n/gu, /[.!?。！？]["'”’)]*\s+/gu, /\s+/gu];

/** The share of a part that must be used before a better boundary is preferred to a fuller part. */
const leastShare = 0.5;

/**
 * Divides a text into parts of at most `charsMax` code points, at the end of a paragraph where there is one in the
 * second half of a part, else of a line, a sentence or a word, and in the midst of a word only where there is none of
 * these. Parts are trimmed; between them nothing but white space is lost.
 */
export function splitPassage(text: string, charsMax: number): string[] {
  const parts: string[] = [];
  let rest = Array.from(text.trim());
  while (rest.length > charsMax) {
    const head = rest.slice(0, charsMax).join('');
    const cut = cutOf(head);
    parts.push(head.slice(0, cut).trim());
    rest = Array.from((head.slice(cut) + rest.slice(charsMax).join('')).trim());
  }
  if (rest.length > 0) parts.push(rest.join(''));
  return parts;
}

function cutOf(head: string): number {
  for (const boundary of boundaries) {
    let last = 0;
    for (const match of head.matchAll(boundary)) last = match.index + match[0].length;
    if (last >= head.length * leastShare) return last;
  }
  return head.length;
}
