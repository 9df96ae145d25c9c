import { capitalise, isQuestion, sentencesOf } from './words.js';

/** Something somebody said about themselves, as a line of a memory block. */
export interface Fact {
  /** What the fact is about; a newer fact of the same topic replaces the older where `single`. */
  topic: string;
  single: boolean;
  line: string;
  /** Of the person, or of the agent itself. */
  about: 'human' | 'persona';
}

/** What a text holds to be kept. */
export interface Findings {
  facts: Fact[];
  /** What somebody asked to have remembered, word for word. */
  requests: string[];
}

const nationality =
  /^(?:German|French|Dutch|American|Swiss|Greek|Czech|Thai|Mexican|African|European|Korean|Norwegian)$|(?:ese|ish)$/;
const notNames =
  /^(?:Vegan|Vegetarian|Muslim|Christian|Jewish|Buddhist|Hindu|Not|Sorry|Sure|Fine|Ok|Okay|From|A|An|The|In|At|On|So|Very|Just|Also|Allergic|Married|Single|Retired|Happy|Glad|Here|Back|Still|Now)$/;
const passing =
  /^(?:not|so|very|too|just|still|also|now|really|sure|sorry|fine|good|great|well|ok|okay|here|there|back|happy|sad|glad|tired|bored|busy|ready|done|afraid|curious|confused|lost|stuck|late|hungry|sick|able|about|in|on|at|as|with|interested|unable|wrong|right|aware|new|only|all|impressed|worried|excited|hoping|angry|the one|one of)\b|^\w+ing\b/i;
const notPossessions =
  /^(?:question|point|problem|guess|plan is to|request|issue|understanding|bad|mistake|opinion|idea|turn|goodness|god|hope)\b/i;
const notHaving =
  /^(?:an? )?(?:question|problem|feeling|idea|request|issue|doubt|look|hunch|point|favou?r|minute|moment|try|chat|meeting)\b/i;

/** Facts of one message that are kept; a pasted document holds no end of them. */
const factsMax = 8;

type Rule = [pattern: RegExp, build: (match: RegExpExecArray) => Fact | null];

const adverbs =
  "(?:(?:really|also|just|absolutely|actually|now|recently|currently|do|still|usually|always|'ve|have)\\s+)*";

const rules: Rule[] = [
  [/\bmy (?:first |full |last )?name(?:['’]s| is)(?: now| actually)?\s+(.+)/i, (match) => nameFact(match[1])],
  [/\b(?:please |just |you can )?call me\s+(.+)/i, (match) => nameFact(match[1])],
  [/\bi(?:['’]m| am) (?:called|named)\s+(.+)/i, (match) => nameFact(match[1])],
  [
    /^(?:hi|hello|hey)?[,!]?\s*\b(?:I['’]m|I am|this is)\s+(\p{Lu}[\p{L}'’-]+)\b(?!\s+(?:\p{Lu}|speaking))/u,
    introduced,
  ],
  [
    /\byour name is(?: now)?\s+([\p{L}][\p{L}\s'’-]{0,40})/iu,
    (match) => personaFact('name', `My name is ${tidy(match[1])}.`),
  ],
  [
    /\b(?:from now on|always|you should always),?\s+(?:please\s+)?((?:answer|reply|speak|talk|be|act|use|write|respond)\b.+)/i,
    ordered,
  ],
  [/\bi(?:['’]m| am)(?: now)?\s+(\d{1,3})(?:\s+years?(?:\s+old)?)?\s*$/i, (match) => single('age', `Age: ${match[1]}`)],
  [/\bi(?:['’]m| am)(?: now)?\s+(\d{1,3})\s+years?\s+old\b/i, (match) => single('age', `Age: ${match[1]}`)],
  [
    new RegExp(
      `\\bi(?:['’]m| am)?\\s*${adverbs}(?:live|living|reside|moved|relocated|based)\\s+(?:here\\s+)?(?:in|to|near|at)\\s+(.+)`,
      'i',
    ),
    (match) => single('home', `Lives in ${settled(match[1])}`),
  ],
  [/\bi(?:['’]m| am| come)(?: originally)? from\s+(.+)/i, (match) => single('origin', `Comes from ${tidy(match[1])}`)],
  [new RegExp(`\\bi\\s+${adverbs}work as\\s+(.+)`, 'i'), (match) => single('work', `Works as ${tidy(match[1])}`)],
  [
    new RegExp(`\\bi\\s+${adverbs}work (at|for|in|with)\\s+(.+)`, 'i'),
    (match) => single('workplace', `Works ${match[1]} ${tidy(match[2])}`),
  ],
  [/\bi(?:['’]m| am) allergic to\s+(.+)/i, (match) => several('allergy', `Allergic to ${tidy(match[1])}`)],
  [
    new RegExp(`\\bi\\s+${adverbs}(?:don['’]t|do not|never)\\s+(?:really\\s+)?(?:like|enjoy|eat|drink)\\s+(.+)`, 'i'),
    (match) => several('dislike', `Dislikes ${tidy(match[1])}`),
  ],
  [
    new RegExp(`\\bi\\s+${adverbs}(?:hate|dislike|can['’]t stand|cannot stand)\\s+(.+)`, 'i'),
    (match) => several('dislike', `Dislikes ${tidy(match[1])}`),
  ],
  [new RegExp(`\\bi\\s+${adverbs}(like|love|enjoy|prefer|adore)\\s+(.+)`, 'i'), liked],
  [new RegExp(`\\bi\\s+${adverbs}(?:have|own|got)\\s+((?:an?|two|three|four|five|\\d+|some)\\s+.+)`, 'i'), owned],
  [/\bmy\s+((?:[\p{L}'’-]+\s+){0,3}?[\p{L}'’-]+)\s+(?:is|are)(?: now| actually)?\s+(.+)/iu, possession],
  [/\bi(?:['’]m| am)(?: now| actually)?\s+(.+)/i, described],
];

/** Finds in a text what people tell about themselves and what they ask to have remembered. Questions tell nothing. */
export function findFacts(text: string): Findings {
  const facts: Fact[] = [];
  const requests: string[] = [];
  for (const sentence of sentencesOf(text)) {
    const asked =
      /\b(?:remember(?: that| this)?|(?:do not|don['’]t) forget(?: that)?|keep in mind(?: that)?|note(?: down)? that|make a note(?: that)?)[:,]?\s+(.+)/i.exec(
        sentence,
      );
    const told =
      asked !== null &&
      !/\b(?:do|did|can|could|will) you(?: still)? remember\b|\bremember (?:when|what|who|where|how|if)\b/i.test(
        sentence,
      );
    if (told) requests.push(tidy(asked[1]));
    if (!told && isQuestion(sentence)) continue;
    for (const clause of clausesOf(told ? (asked[1] ?? '') : sentence)) {
      const fact = readClause(clause);
      if (fact !== null && facts.length < factsMax && !facts.some((known) => known.line === fact.line))
        facts.push(fact);
    }
  }
  return { facts, requests };
}

/** Splits where a new statement of the same speaker begins. */
function clausesOf(sentence: string): string[] {
  return sentence
    .split(
      /(?:,|;|\s+-)?\s+(?:and|but|because|so)\s+(?=(?:i|my|i['’]m|i am|please|call|your)\b)|[;,]\s*(?=(?:i|my|i['’]m)\b)/i,
    )
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '');
}

function readClause(clause: string): Fact | null {
  for (const [pattern, build] of rules) {
    const match = pattern.exec(clause.replace(/[.!?…]+$/, ''));
    const fact = match === null ? null : build(match);
    if (fact !== null) return fact;
  }
  return null;
}

function single(topic: string, line: string): Fact {
  return { topic, single: true, line, about: 'human' };
}

function several(topic: string, line: string): Fact {
  return { topic, single: false, line, about: 'human' };
}

function personaFact(topic: string, line: string): Fact {
  return { topic: `own ${topic}`, single: false, line, about: 'persona' };
}

function ordered(match: RegExpExecArray): Fact {
  return personaFact('manner', `I was asked to ${tidy(match[1])}.`);
}

function nameFact(raw: string | undefined): Fact | null {
  const words = tidy(raw).split(/\s+/);
  const end = words.findIndex((word) => /^(?:and|but|from|by|now|please|instead|i|i['’]m|not|by)$/i.test(word));
  const name = words.slice(0, Math.min(3, end < 0 ? words.length : end)).map((word) => word.replace(/[,;:]+$/, ''));
  if (name.length === 0 || /^(?:a|an|the|when|if|later|back|at|on|tomorrow)$/i.test(name[0] ?? '')) return null;
  return single('name', `Name: ${name.map(capitalise).join(' ')}`);
}

function introduced(match: RegExpExecArray): Fact | null {
  const word = match[1] ?? '';
  return nationality.test(word) || notNames.test(word) ? null : single('name', `Name: ${word}`);
}

function liked(match: RegExpExecArray): Fact | null {
  const object = tidy(match[2]);
  if (/^(?:to (?:know|ask|see|hear|have)|you\b|it\b|that\b|this\b|your\b)/i.test(object)) return null;
  const verb = /^prefer$/i.test(match[1] ?? '') ? 'Prefers' : 'Likes';
  return several(verb === 'Prefers' ? 'preference' : 'like', `${verb} ${object}`);
}

function owned(match: RegExpExecArray): Fact | null {
  const object = tidy(match[1]);
  return notHaving.test(object) ? null : several('possession', `Has ${object}`);
}

function possession(match: RegExpExecArray): Fact | null {
  const thing = tidy(match[1]);
  if (notPossessions.test(thing)) return null;
  if (/^(?:job|profession|occupation)$/i.test(thing)) return single('work', `Works as ${tidy(match[2])}`);
  return single(thing.toLowerCase(), `${capitalise(thing)}: ${tidy(match[2])}`);
}

function described(match: RegExpExecArray): Fact | null {
  const trait = tidy(match[1]);
  if (passing.test(trait) || trait.split(/\s+/).length > 8) return null;
  return several('trait', `Is ${trait}`);
}

/** A place without the word that says it is a new one. */
function settled(text: string | undefined): string {
  return tidy(text).replace(/\s+(?:now|these days|at the moment|currently)$/i, '');
}

function tidy(text: string | undefined): string {
  return (text ?? '')
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/[\s.,!?;:…]+$/, '')
    .replace(/^["“”']+|["“”']+$/g, '');
}
