import type { Role } from '../../../domain/message.js';
import type { LabelledText } from './label.js';
import { stemOf, tokensOf } from './tokens.js';
import type { Wanted } from './wanted.js';

/** Names by which somebody is spoken to: after a greeting or the like; behind a mere comma places stand as well. */
const addresses =
  /(?:\b(?:[Hh]ey|[Hh]i|[Hh]ello|[Dd]ear|[Tt]hanks|[Tt]hank you|[Cc]ongrats|[Cc]ongratulations|[Ww]ow|[Bb]ye)[,!]? )(\p{Lu}\p{L}+)(?= ?(?:[,.!?]|$))/gu;

/** A name counts once somebody is called by it so often, and the other so much less. */
const callsMin = 3;
const timesLess = 5;

const shortestNick = 3;

/**
 * Texts under the names of those who speak, also where no text tells them: a user whom the assistant keeps calling Ines
 * is Ines. Of all names only those are looked for that a query has, whole or longer.
 */
export function withNames(texts: readonly LabelledText[], words: readonly string[]): readonly LabelledText[] {
  if (texts.some(({ label }) => label !== null)) return texts;
  const names = namesByAddress(texts, words);
  if (names.size === 0) return texts;
  return texts.map((text) => ({ ...text, label: (text.role === null ? null : names.get(text.role)) ?? null }));
}

/** Texts of users that have a name, of ten, where several people talk. */
const namedMin = 9;

/**
 * Tells whether a text passes over another where it looks for its neighbours. Where users go under names, several people
 * talk, and what one said stands among what the others said, whatever an agent without a name said between.
 */
export function passingOver(texts: readonly LabelledText[]): (text: LabelledText, next: LabelledText) => boolean {
  const users = texts.filter(({ role }) => role === 'user');
  const named = users.filter(({ label }) => label !== null);
  if (named.length === 0 || named.length * 10 < users.length * namedMin) return () => false;
  return (text, next) => text.label !== null && next.label === null;
}

/** Who is who, as far as one keeps calling the other by a name. */
function namesByAddress(texts: readonly LabelledText[], words: readonly string[]): Map<Role, string> {
  const calls = new Map<string, { user: number; assistant: number }>();
  for (const { role, text } of texts) {
    if (role !== 'user' && role !== 'assistant') continue;
    for (const [, called = ''] of text.matchAll(addresses)) {
      const nick = called.toLowerCase();
      const name = words.find((word) => word === nick || (nick.length >= shortestNick && word.startsWith(nick)));
      if (name === undefined) continue;
      const count = calls.get(name) ?? { user: 0, assistant: 0 };
      count[role] += 1;
      calls.set(name, count);
    }
  }
  const names = new Map<Role, string>();
  for (const [name, { user, assistant }] of calls) {
    if (assistant >= callsMin && user * timesLess <= assistant) names.set('user', name);
    else if (user >= callsMin && assistant * timesLess <= user) names.set('assistant', name);
  }
  return names;
}

/** The one speaker whom a query names. Null where it names none, or several. */
export function namedSpeaker(wanted: Wanted, labels: ReadonlySet<string | null>): string | null {
  const asked = new Set(wanted.stems);
  const named = [...labels].filter(
    (label) => label !== null && tokensOf(label).some((token) => asked.has(stemOf(token))),
  );
  return named.length === 1 ? (named[0] ?? null) : null;
}
