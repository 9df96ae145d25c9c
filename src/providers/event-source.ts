/** One server-sent event. */
export interface ServerSentEvent {
  /** Null where the server named none. */
  event: string | null;
  data: string;
}

/**
 * Reads server-sent events from bytes, however they are cut: in the middle of a character, of a line end or of a field.
 * Comments and fields without a use here are passed over. An event that the end of the bytes leaves without its blank
 * line is given out too, because some servers forget the line; a reader sees from its data whether it is whole.
 */
export async function* readEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  const lines = createLineSplitter();
  const gather = createGatherer();
  for await (const piece of bytes) {
    for (const line of lines.push(decoder.decode(piece, { stream: true }))) {
      const event = gather(line);
      if (event !== null) yield event;
    }
  }
  for (const line of [...lines.push(decoder.decode()), ...lines.end(), '']) {
    const event = gather(line);
    if (event !== null) yield event;
  }
}

/** Cuts text into lines that end in LF, CR or CRLF. A CR at the end of a piece waits to see whether an LF follows. */
function createLineSplitter(): { push(text: string): string[]; end(): string[] } {
  let rest = '';
  return {
    push(text) {
      if (text === '') return [];
      rest += text;
      if (!rest.includes('\n') && !rest.includes('\r')) return [];
      const held = rest.endsWith('\r') ? '\r' : '';
      const lines = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? '') + held;
      return lines;
    },
    end() {
      const last = rest.replace(/\r$/, '');
      rest = '';
      return last === '' ? [] : [last];
    },
  };
}

/** Takes lines and gives an event at each blank line that ends one. */
function createGatherer(): (line: string) => ServerSentEvent | null {
  let event: string | null = null;
  let data: string[] = [];
  return (line) => {
    if (line === '') {
      const whole = data.length > 0 ? { event, data: data.join('\n') } : null;
      event = null;
      data = [];
      return whole;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    return null;
  };
}
