/** A piece of a string argument, decoded. */
export interface ArgumentDelta {
  /** The name of the argument. */
  member: string;
  text: string;
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const replacement = '\uFFFD';

/** Decodes the inside of one JSON string, unit by unit. */
class StringDecoder {
  private escape = '';
  /** The first half of a surrogate pair, held back until the second has come. */
  private half = '';
  private out = '';
  /** True once the closing quote has been read. */
  closed = false;

  push(unit: string): void {
    if (this.escape !== '') this.pushEscaped(unit);
    else if (unit === '\\') this.escape = unit;
    else if (unit === '"') this.close();
    else this.append(unit);
  }

  /** What has been decoded since the last call, without half a pair. */
  take(): string {
    const text = this.out;
    this.out = '';
    return text;
  }

  private pushEscaped(unit: string): void {
    this.escape += unit;
    if (this.escape.length === 2) {
      if (unit === 'u') return;
      this.escape = '';
      this.append(escapes[unit] ?? unit);
    } else if (this.escape.length === 6) {
      const digits = this.escape.slice(2);
      this.escape = '';
      this.append(/^[0-9a-f]{4}$/i.test(digits) ? String.fromCharCode(Number.parseInt(digits, 16)) : replacement);
    }
  }

  private append(unit: string): void {
    const code = unit.charCodeAt(0);
    const isSecond = code >= 0xdc00 && code <= 0xdfff;
    if (isSecond) {
      this.out += this.half === '' ? replacement : this.half + unit;
      this.half = '';
      return;
    }
    if (this.half !== '') this.out += replacement;
    const isFirst = code >= 0xd800 && code <= 0xdbff;
    this.half = isFirst ? unit : '';
    if (!isFirst) this.out += unit;
  }

  private close(): void {
    if (this.half !== '') this.out += replacement;
    this.half = '';
    this.closed = true;
  }
}

/** Where in the text of the object the stream stands. */
type Place = 'before' | 'key' | 'in-key' | 'colon' | 'value' | 'in-value' | 'skipped' | 'after';

/**
 * Reads the text of a JSON object while it still arrives, and gives out chosen string members of its top level as they
 * grow. Fragments may be cut anywhere, even inside an escape or a surrogate pair; half a pair is never given out, and
 * one that stays alone becomes U+FFFD. What follows the object is ignored; a text that is no object yields nothing.
 */
export class ArgumentStream {
  private readonly members: ReadonlySet<string>;
  private place: Place = 'before';
  private decoder = new StringDecoder();
  private key = '';
  /** Of a member that is not given out: how deep it nests, and whether the stream stands in one of its strings. */
  private depth = 0;
  private inString = false;
  private escaped = false;

  /** `members` are the names of the arguments to give out. */
  constructor(members: readonly string[]) {
    this.members = new Set(members);
  }

  /** Takes the next fragment and returns what it adds, in the order of the text. */
  feed(fragment: string): ArgumentDelta[] {
    const deltas: ArgumentDelta[] = [];
    for (let index = 0; index < fragment.length; index += 1) {
      this.push(fragment.charAt(index));
      if (this.place === 'in-value' && this.decoder.closed) {
        this.give(deltas);
        this.place = 'skipped';
      }
    }
    if (this.place === 'in-value') this.give(deltas);
    return deltas;
  }

  private give(deltas: ArgumentDelta[]): void {
    const text = this.decoder.take();
    if (text !== '') deltas.push({ member: this.key, text });
  }

  private push(unit: string): void {
    const isSpace = /\s/.test(unit);
    switch (this.place) {
      case 'before':
        if (!isSpace) this.place = unit === '{' ? 'key' : 'after';
        return;
      case 'key':
        if (unit === '"') this.open('in-key');
        else if (unit === '}') this.place = 'after';
        return;
      case 'in-key':
        this.pushKey(unit);
        return;
      case 'colon':
        if (unit === ':') this.place = 'value';
        return;
      case 'value':
        if (!isSpace) this.beginValue(unit);
        return;
      case 'in-value':
        this.decoder.push(unit);
        return;
      case 'skipped':
        this.skip(unit);
        return;
      case 'after':
        return;
      default:
        this.place satisfies never;
    }
  }

  private open(place: 'in-key' | 'in-value'): void {
    this.decoder = new StringDecoder();
    this.place = place;
  }

  private pushKey(unit: string): void {
    this.decoder.push(unit);
    if (!this.decoder.closed) return;
    this.key = this.decoder.take();
    this.place = 'colon';
  }

  private beginValue(unit: string): void {
    if (unit === '"' && this.members.has(this.key)) {
      this.open('in-value');
      return;
    }
    this.place = 'skipped';
    this.skip(unit);
  }

  /** Passes over a value that is not given out, up to the comma or the brace that ends it. */
  private skip(unit: string): void {
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (unit === '\\') this.escaped = true;
      else if (unit === '"') this.inString = false;
    } else if (unit === '"') this.inString = true;
    else if (unit === '{' || unit === '[') this.depth += 1;
    else if (this.depth > 0 && (unit === '}' || unit === ']')) this.depth -= 1;
    else if (this.depth === 0 && unit === ',') this.place = 'key';
    else if (this.depth === 0 && unit === '}') this.place = 'after';
  }
}
