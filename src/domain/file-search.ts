/** A passage that a search of files gave to the model. */
export interface FileSearchResult {
  fileId: string;
  fileName: string;
  /** From 0 to 1. */
  score: number;
  /** What the model writes behind a sentence that rests on this passage. */
  marker: string;
  text: string;
}

/** The output of a search of files as the model reads it. */
export function writeFileSearchResults(results: readonly FileSearchResult[]): string {
  const shown = results.map(({ fileId, fileName, score, marker, text }) => ({
    file_id: fileId,
    file_name: fileName,
    score: Math.round(score * 1_000) / 1_000,
    cite_as: marker,
    text,
  }));
  return JSON.stringify({ results: shown });
}

/** Reads what `writeFileSearchResults` wrote; null where the text is something else, such as a failure. */
export function readFileSearchResults(output: string): FileSearchResult[] | null {
  if (!output.startsWith('{"results":')) return null;
  try {
    const { results } = JSON.parse(output) as { results: unknown };
    return Array.isArray(results) ? results.flatMap(toResult) : null;
  } catch {
    return null;
  }
}

/** The marker of a passage: the number of the message it was looked up behind, and its place among what was found. */
export function citationMarker(message: number, place: number): string {
  return `【${message}:${place}†source】`;
}

function toResult(value: unknown): FileSearchResult[] {
  if (typeof value !== 'object' || value === null) return [];
  const { file_id, file_name, score, cite_as, text } = value as Record<string, unknown>;
  if (typeof file_id !== 'string' || typeof file_name !== 'string' || typeof text !== 'string') return [];
  return [
    {
      fileId: file_id,
      fileName: file_name,
      score: typeof score === 'number' ? score : 0,
      marker: typeof cite_as === 'string' ? cite_as : '',
      text,
    },
  ];
}
