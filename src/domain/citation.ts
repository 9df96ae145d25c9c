import type { FileSearchResult } from './file-search.js';

/** A place in a text that rests on a file. Places count UTF-16 units, and the slice between them is the marker. */
export interface Citation {
  type: 'file_citation';
  /** The marker as it stands in the text. */
  text: string;
  start: number;
  end: number;
  fileId: string;
}

/** Characters between the brackets of a marker, at the most. */
const markerCharsMax = 40;
const markerForm = new RegExp(`【[^【】]{1,${markerCharsMax}}】`, 'gu');

/** The markers of search results, each with the file it stands for. */
export type Markers = ReadonlyMap<string, string>;

/** The markers that the model was given with these results. */
export function markersOf(results: readonly FileSearchResult[]): Map<string, string> {
  return new Map(results.filter(({ marker }) => marker !== '').map(({ marker, fileId }) => [marker, fileId]));
}

/** Every place of a text at which a known marker stands. Other brackets are only text. */
export function citationsIn(text: string, markers: Markers): Citation[] {
  if (markers.size === 0) return [];
  return [...text.matchAll(markerForm)].flatMap((match): Citation[] => {
    const [marker] = match;
    const fileId = markers.get(marker);
    if (fileId === undefined) return [];
    return [{ type: 'file_citation', text: marker, start: match.index, end: match.index + marker.length, fileId }];
  });
}

/** Where at the end of a text a marker may have begun that is not whole yet; its length where none has. */
export function openMarkerAt(text: string): number {
  const open = text.lastIndexOf('【');
  if (open === -1 || text.includes('】', open) || text.length - open > markerCharsMax + 1) return text.length;
  return open;
}
