const stopWords = new Set(
  (
    'a an the and or but if so of to in on at by for from with about into is are was were be been am do does did done ' +
    'have has had will would can could shall should may might must not no yes i me my mine we us our you your yours ' +
    'he she it they them his her its their this that these those there here what who whom whose which when where why ' +
    'how please tell say said know remember recall told think just really very also too now then again ever as than ' +
    'some any all more most much many let lets give want need get got thing things something anything ' +
    "what's who's where's i'm i've i'd i'll it's that's don't doesn't didn't can't you're mention mentioned ask asked user"
  ).split(' '),
);

/** Words that mean the same to the stand-in: each maps to the first of its row. */
const synonymRows = [
  'name called call named names',
  'live home lives living reside city town moved move address',
  'work job works working profession occupation career employer company employed',
  'age old years birthday',
  'like likes love loves enjoy enjoys prefer prefers preference preferences favorite favourite favourites favorites fond',
  'dislike dislikes hate hates',
  'color colour colors colours',
  'food eat meal dish',
  'pet dog cat pets animal animals',
  'family wife husband partner daughter son child children kids brother sister mother father',
  'weather temperature forecast climate',
  'rain raining rainy precipitation',
  'phone telephone mobile',
  'price cost costs',
  'code password pin secret',
  'mail email e-mail',
];

const synonyms = new Map(
  synonymRows.flatMap((row) => {
    const words = row.split(' ');
    return words.map((word) => [word, words[0] ?? word] as const);
  }),
);

/** A word without its commonest endings, in the American spelling. Crude on purpose: both sides of a comparison pass through it. */
export function stem(word: string): string {
  if (word.includes('our')) return stem(word.replace('our', 'or'));
  if (word.length > 5 && word.endsWith('ing')) return word.slice(0, -3);
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && word.endsWith('ed')) return word.slice(0, -2);
  if (word.length > 3 && word.endsWith('s') && !word.endsWith('ss')) return word.slice(0, -1);
  return word;
}

/** The plain words of a text, lower case. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];
}

/** The words that carry meaning, stemmed, with their common names beside them. */
export function keywordsOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const raw of wordsOf(text)) {
    const word = raw.replace(/['’]s$/, '');
    if (stopWords.has(word)) continue;
    found.add(stem(word));
    const common = synonyms.get(word);
    if (common !== undefined) found.add(stem(common));
  }
  return found;
}

/** What to search for to answer a question: its telling words as they stand, or the whole where it has none. */
export function searchWords(question: string): string {
  const words = wordsOf(question).filter((word) => !stopWords.has(word.replace(/['’]s$/, '')));
  return words.length > 0 ? words.join(' ') : question;
}

/** How many of the wanted words a text holds, divided by how many were wanted. */
export function overlap(wanted: Set<string>, text: string): number {
  if (wanted.size === 0) return 0;
  const has = keywordsOf(text);
  let hits = 0;
  for (const word of wanted) if (has.has(word)) hits += 1;
  return hits / wanted.size;
}

/** Sentences and lines, trimmed, none empty, each with its end mark. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?…])(?<!\b(?:Dr|Mr|Mrs|Ms|St|Prof|No|vs|e\.g|i\.e)\.)\s+(?=["'“(]?[\p{L}\p{N}])|\n+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

const questionStart =
  /^(?:(?:and|so|but|hey|hi|hello|please|ok|okay|also|then),?\s+)*(?:what|who|whom|whose|which|when|where|why|how|is|are|am|was|were|do|does|did|can|could|will|would|should|may|have|has)(?:['’]\w+)?\b/i;

/** True for a sentence that asks rather than tells. */
export function isQuestion(sentence: string): boolean {
  if (sentence.endsWith('?')) return true;
  return questionStart.test(sentence) || /^(?:please\s+)?(?:tell me|remind me what|show me|list)\b/i.test(sentence);
}

/** First person to second: what somebody said, said back to them. */
export function turnAround(text: string): string {
  const swaps: [RegExp, string][] = [
    [/\bI am\b|\bI['’]m\b/g, 'you are'],
    [/\bI was\b/g, 'you were'],
    [/\bI['’]ve\b/g, 'you have'],
    [/\bI['’]ll\b/g, 'you will'],
    [/\bI['’]d\b/g, 'you would'],
    [/\bI\b/g, 'you'],
    [/\b[Mm]y\b/g, 'your'],
    [/\bmine\b/g, 'yours'],
    [/\bmyself\b/g, 'yourself'],
    [/\b[Mm]e\b/g, 'you'],
  ];
  return swaps.reduce((said, [pattern, replacement]) => said.replace(pattern, replacement), text);
}

/** The text with its first letter large. */
export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
