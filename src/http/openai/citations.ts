import { citationsIn, openMarkerAt, type Citation, type Markers } from '../../domain/citation.js';
import { spellId } from './ids.js';

/** The annotations of a text. Places count code points, as the original's do. */
export function annotationsToWire(text: string, annotations: readonly unknown[]): Record<string, unknown>[] {
  return annotations.flatMap((annotation) => (isCitation(annotation) ? [toWire(annotation, text, 0)] : []));
}

/**
 * The text of a message as it is streamed. A marker is told in one piece together with its annotation, so what may be
 * the beginning of one is kept back until it is known.
 */
export class SpokenText {
  /** All that was told. */
  text = '';
  private held = '';
  private cited = 0;
  private points = 0;

  constructor(
    readonly messageId: string,
    private readonly markers: Markers,
  ) {}

  /** The parts that more text makes. */
  take(text: string): Record<string, unknown>[] {
    const whole = this.held + text;
    const end = this.markers.size === 0 ? whole.length : openMarkerAt(whole);
    this.held = whole.slice(end);
    return this.tell(whole.slice(0, end));
  }

  /** What was kept back to the end and is no marker. */
  rest(): Record<string, unknown>[] {
    const { held } = this;
    this.held = '';
    return this.tell(held);
  }

  private tell(text: string): Record<string, unknown>[] {
    const parts: Record<string, unknown>[] = [];
    let from = 0;
    for (const citation of citationsIn(text, this.markers)) {
      parts.push(...this.part(text.slice(from, citation.start), []));
      const annotation = toWire({ ...citation, start: 0, end: citation.text.length }, citation.text, this.points);
      parts.push(...this.part(citation.text, [{ index: this.cited, ...annotation }]));
      this.cited += 1;
      from = citation.end;
    }
    return [...parts, ...this.part(text.slice(from), [])];
  }

  private part(value: string, annotations: Record<string, unknown>[]): Record<string, unknown>[] {
    if (value === '') return [];
    const isFirst = this.text === '';
    this.text += value;
    this.points += pointsOf(value);
    const noted = isFirst || annotations.length > 0 ? { annotations } : {};
    return [{ index: 0, type: 'text', text: { value, ...noted } }];
  }
}

function toWire({ type, text: marker, start, end, fileId }: Citation, text: string, before: number) {
  const first = before + pointsOf(text.slice(0, start));
  return {
    type,
    text: marker,
    start_index: first,
    end_index: first + pointsOf(text.slice(start, end)),
    file_citation: { file_id: spellId('file', fileId) },
  };
}

function pointsOf(text: string): number {
  let count = 0;
  for (const character of text) count += character === '' ? 0 : 1;
  return count;
}

function isCitation(value: unknown): value is Citation {
  return typeof value === 'object' && value !== null && (value as Partial<Citation>).type === 'file_citation';
}
