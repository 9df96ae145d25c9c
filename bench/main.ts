import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { measureColdStart } from './cold-start.js';
import { measureEventLoop } from './event-loop.js';
import { measureFiles } from './files.js';
import { measureFirstToken } from './first-token.js';
import { measureImport } from './import.js';
import { measureMemorySearch } from './memory-search.js';
import { measureRecall } from './recall.js';
import { measureRunsPerSecond } from './runs-per-second.js';
import { measureStoreGrowth } from './store-growth.js';
import { describeMachine } from './support/machine.js';
import { toMarkdown, type Section } from './support/report.js';

/*
 * Measures what the server adds, in ratios within one run. `npm run bench` measures everything, with a name after `--`
 * that alone; `--write` puts the figures into the document about them.
 */

const measurements: Record<string, () => Promise<Section[]>> = {
  'first-token': measureFirstToken,
  'runs-per-second': measureRunsPerSecond,
  'event-loop': measureEventLoop,
  'cold-start': measureColdStart,
  'store-growth': measureStoreGrowth,
  'memory-search': measureMemorySearch,
  files: measureFiles,
  import: measureImport,
  recall: measureRecall,
};

const documentPath = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const [beginMark, endMark] = ['<!-- figures -->', '<!-- end of figures -->'];

const given = process.argv.slice(2);
const isWritten = given.includes('--write');
const named = given.filter((word) => word !== '--write');
const unknown = named.filter((name) => measurements[name] === undefined);
if (unknown.length > 0)
  throw new Error(`There is no ${unknown.join(', ')}; there is ${Object.keys(measurements).join(', ')}.`);
if (isWritten && named.length > 0) throw new Error('Only a whole run is written: its figures belong together.');

const parts = [
  ['Measured with `npm run bench` on this machine:', '', ...describeMachine(new Date()).map(toItem), ''].join('\n'),
];
console.log(parts[0]);
for (const [name, measure] of Object.entries(measurements)) {
  if (named.length > 0 && !named.includes(name)) continue;
  for (const section of await measure()) {
    parts.push(toMarkdown(section));
    console.log(parts.at(-1));
  }
}
if (isWritten) writeFigures(parts.join('\n'));

function toItem(line: string): string {
  return `- ${line}`;
}

/** Puts the figures between the marks of the document and leaves the rest as it is. */
function writeFigures(figures: string): void {
  const [before, rest] = readFileSync(documentPath, 'utf8').split(beginMark);
  const after = rest?.split(endMark)[1];
  if (before === undefined || after === undefined) throw new Error('The document has lost the marks of its figures.');
  writeFileSync(documentPath, `${before}${beginMark}\n\n${figures.trimEnd()}\n\n${endMark}${after}`);
}
