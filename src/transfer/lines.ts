import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** A line of a text file, without its end, and its number counted from 1. */
export interface Line {
  number: number;
  text: string;
  /** True where the line was longer than is read; the text is its beginning. */
  isCut: boolean;
  /** False for a last line that nothing ends. */
  isEnded: boolean;
}

/** Characters of a line that are read unless another bound is given. */
export const lineCharsMax = 64 * 1024 * 1024;

/**
 * Reads a file of UTF-8 line by line, holding one line at the most, and of a line no more than the bound. A mark of byte
 * order at the beginning is passed over.
 */
export async function* readLines(path: string, charsMax = lineCharsMax): AsyncGenerator<Line> {
  const decoder = new StringDecoder('utf8');
  let number = 1;
  let pieces: string[] = [];
  let chars = 0;
  const add = (text: string): void => {
    const room = Math.max(0, charsMax - chars);
    if (room > 0) pieces.push(text.slice(0, room));
    chars += text.length;
  };
  const take = (isEnded: boolean): Line => {
    const whole = pieces.join('');
    const isCut = chars > charsMax;
    pieces = [];
    chars = 0;
    number += 1;
    return { number: number - 1, text: isEnded && whole.endsWith('\r') ? whole.slice(0, -1) : whole, isCut, isEnded };
  };
  for await (const bytes of createReadStream(path)) {
    const text = decoder.write(bytes as Buffer);
    let start = number === 1 && chars === 0 && text.startsWith('\uFEFF') ? 1 : 0;
    for (let end = text.indexOf('\n', start); end !== -1; end = text.indexOf('\n', start)) {
      add(text.slice(start, end));
      start = end + 1;
      yield take(true);
    }
    add(text.slice(start));
  }
  add(decoder.end());
  if (chars > 0) yield take(false);
}
