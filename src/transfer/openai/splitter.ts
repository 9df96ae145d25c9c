/** A value of a document as text, and where it stands. */
export interface Piece {
  text: string;
  /** The line on which it begins, counted from 1. */
  line: number;
  /** The names under which it stands, from the outside in, where what is around it was opened. Lists have none. */
  path: string[];
  /** True for a member of a list that was opened. */
  isItem: boolean;
}

/** What a splitter cannot go on after. */
export class SplitFault extends Error {
  override name = 'SplitFault';
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

/** True where the container that begins here is to be opened, and its members are pieces by themselves. */
export type Opens = (bracket: '{' | '[', outer: readonly Frame[]) => boolean;

/** A container that was opened. */
export interface Frame {
  bracket: '{' | '[';
  /** In an object, the name of the member that comes next. */
  name: string | null;
}

const depthMax = 500;
const pieceCharsMax = 64 * 1024 * 1024;

const marks = /["{}[\]\n]/gu;
const stringEnds = /["\\\n]/gu;
const wordEnds = /[\s,:"{}[\]]/gu;

/**
 * Cuts a text into the JSON values it consists of, one behind another: a whole document, one value a line, or several
 * documents. It looks only at brackets and quotes; whether a piece is JSON is for its reader to find out. Throws a
 * `SplitFault`.
 */
export class Splitter {
  private readonly opened: Frame[] = [];
  private readonly pieces: Piece[] = [];
  /** What has been read of the value that is being captured. */
  private captured: string[] | null = null;
  private capturedChars = 0;
  private firstLine = 1;
  private depth = 0;
  private inside: 'string' | 'word' | 'container' = 'container';
  private isString = false;
  private isEscaped = false;

  constructor(
    private readonly opens: Opens,
    /** The line on which the text begins. */
    private line = 1,
  ) {}

  /** Takes more text; the values that are complete with it. */
  write(text: string): Piece[] {
    let at = 0;
    while (at < text.length) at = this.captured === null ? this.between(text, at) : this.within(text, at);
    return this.pieces.splice(0);
  }

  /** The value that the end of the text completes. */
  end(): Piece[] {
    if (this.captured !== null && this.inside === 'word') this.close();
    if (this.captured !== null || this.opened.length > 0) throw this.fault('The file ends in the middle of a value.');
    return this.pieces.splice(0);
  }

  /** Reads what stands between values; where it stops. */
  private between(text: string, at: number): number {
    const character = text.charAt(at);
    const top = this.opened.at(-1);
    if (character === '\n') this.line += 1;
    else if (character === '{' || character === '[') {
      if (!this.opens(character, this.opened)) return this.begin('container', at);
      this.opened.push({ bracket: character, name: null });
    } else if (character === '}' || character === ']') {
      if (top === undefined || (top.bracket === '{') !== (character === '}')) {
        throw this.fault('A bracket is closed that was not opened.');
      }
      this.opened.pop();
      this.passMember();
    } else if (character === '"') return this.begin('string', at);
    else if (!/[\s,:]/u.test(character)) return this.begin('word', at);
    return at + 1;
  }

  private begin(inside: 'string' | 'word' | 'container', at: number): number {
    this.inside = inside;
    this.captured = [];
    this.capturedChars = 0;
    this.firstLine = this.line;
    this.depth = 0;
    this.isString = false;
    this.isEscaped = false;
    return at;
  }

  /** Reads on in a value; where it stops. */
  private within(text: string, start: number): number {
    let at = start;
    let isDone = false;
    while (at < text.length && !isDone) {
      if (this.inside === 'word') {
        at = next(wordEnds, text, at) ?? text.length;
        isDone = at < text.length;
        break;
      }
      if (this.isEscaped) {
        this.isEscaped = false;
        if (text.charAt(at) === '\n') this.line += 1;
        at += 1;
        continue;
      }
      const found = next(this.isString ? stringEnds : marks, text, at);
      if (found === null) {
        at = text.length;
        break;
      }
      isDone = this.meet(text.charAt(found));
      at = found + 1;
    }
    this.keep(text.slice(start, at));
    if (isDone) this.close();
    return at;
  }

  /** Takes in a character that matters; true where the value ends with it. */
  private meet(character: string): boolean {
    if (character === '\n') this.line += 1;
    else if (character === '\\') this.isEscaped = true;
    else if (character === '"') this.isString = !this.isString;
    else this.depth += character === '{' || character === '[' ? 1 : -1;
    if (this.depth > depthMax) throw this.fault(`Values are nested more than ${depthMax} deep.`);
    return !this.isString && !this.isEscaped && this.depth === 0 && character !== '\n';
  }

  private keep(text: string): void {
    this.capturedChars += text.length;
    if (this.capturedChars > pieceCharsMax) throw this.fault(`A value is longer than ${pieceCharsMax} characters.`);
    this.captured?.push(text);
  }

  private close(): void {
    const text = (this.captured ?? []).join('');
    this.captured = null;
    const top = this.opened.at(-1);
    if (top?.bracket === '{' && top.name === null && this.inside === 'string') {
      top.name = nameIn(text);
      return;
    }
    const path = this.opened.flatMap(({ name }) => (name === null ? [] : [name]));
    this.pieces.push({ text, line: this.firstLine, path, isItem: top?.bracket === '[' });
    this.passMember();
  }

  /** The next string of an object is a name again. */
  private passMember(): void {
    const top = this.opened.at(-1);
    if (top !== undefined) top.name = null;
  }

  private fault(message: string): SplitFault {
    return new SplitFault(message, this.line);
  }
}

/** Where one of these characters is met next. */
function next(form: RegExp, text: string, at: number): number | null {
  form.lastIndex = at;
  const match = form.exec(text);
  return match === null ? null : match.index;
}

function nameIn(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
