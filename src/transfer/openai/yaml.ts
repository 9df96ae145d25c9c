import { LineCounter, parseAllDocuments } from 'yaml';

/** A value of a file of YAML, or why there is none, and its line. */
export type YamlRead = { value: unknown; line: number } | { why: string; line: number };

/** References in one document that are followed: a few may unfold to more than any memory holds. */
const aliasesMax = 100;

/** How deep values may be nested, as in JSON. */
const depthMax = 500;

/** True for a file of YAML, by its ending. */
export function isYaml(name: string): boolean {
  return /\.ya?ml$/iu.test(name);
}

/** Reads the documents of a text of YAML. Tags that name objects of a program are passed over, and nothing is run. */
export function readYaml(text: string): YamlRead[] {
  if (mayNestDeep(text)) return [{ why: tooDeep, line: 1 }];
  const lines = new LineCounter();
  try {
    return [...parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent' })].map((document): YamlRead => {
      const { line } = lines.linePos(document.range[0]);
      const [fault] = document.errors;
      if (fault !== undefined) return { why: 'This is no YAML.', line: fault.linePos?.[0].line ?? line };
      const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
      return isDeeper(value, depthMax) ? { why: tooDeep, line } : { value, line };
    });
  } catch {
    return [{ why: tooDeep, line: 1 }];
  }
}

const tooDeep = 'The values of this YAML are nested too deep, or unfold past every bound.';

/**
 * True where brackets and indents might nest deeper than is read. The parser recurses, and past the end of its stack it
 * may end the whole process; so this is known before it begins.
 */
function mayNestDeep(text: string): boolean {
  let brackets = 0;
  let prefix = 0;
  let isPrefix = true;
  for (const character of text) {
    if (character === '\n') [prefix, isPrefix] = [0, true];
    else if (isPrefix && /[ \t?-]/u.test(character)) prefix += 1;
    else isPrefix = false;
    if (character === '[' || character === '{') brackets += 1;
    if ((character === ']' || character === '}') && brackets > 0) brackets -= 1;
    if (prefix + brackets > depthMax) return true;
  }
  return false;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}
