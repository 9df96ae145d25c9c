/** A table of figures with the sentences that belong to it. */
export interface Section {
  title: string;
  /** What was done and how it is to be read. */
  explanation: string;
  /** One line per figure; the first line holds the headings. */
  rows: readonly (readonly string[])[];
}

/** Milliseconds with as many places as still mean something. */
export function inMs(milliseconds: number): string {
  const places = Math.abs(milliseconds) >= 100 ? 0 : Math.abs(milliseconds) >= 10 ? 1 : 2;
  return `${milliseconds.toFixed(places)} ms`;
}

/** A rate, or another number without a unit. */
export function inNumber(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1);
}

/** How many times one figure is another. */
export function inTimes(figure: number, base: number): string {
  return `${(figure / base).toFixed(2)}×`;
}

/** A section as Markdown. */
export function toMarkdown({ title, explanation, rows }: Section): string {
  const [headings = [], ...lines] = rows;
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0), 3));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [`### ${title}`, '', explanation, '', line(headings), rule, ...lines.map(line), ''].join('\n');
}
