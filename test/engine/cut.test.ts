import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/domain/message.js';
import { cutOf, isSaidByUser, type Rung } from '../../src/engine/cut.js';

function row(seq: number, role: Message['role'], kind: Message['kind']): Message {
  return {
    id: `m${seq}`,
    conversationId: 'c',
    seq,
    role,
    kind,
    parts: [],
    visible: kind === 'said',
    status: 'completed',
    agentId: role === 'user' ? null : 'me',
    runId: null,
    stepId: null,
    callId: null,
    name: null,
    metadata: {},
    faceData: {},
    createdAt: 0,
  };
}

/** `u` a question, `a` an answer, `c` a reply with calls, `t` a result, `h` a heartbeat. */
function rows(letters: string): Message[] {
  const forms: Record<string, [Message['role'], Message['kind']]> = {
    u: ['user', 'said'],
    a: ['assistant', 'said'],
    c: ['assistant', 'inner'],
    t: ['tool', 'inner'],
    h: ['user', 'heartbeat'],
  };
  return [...letters].map((letter, at) => row(at + 1, ...(forms[letter] ?? ['user', 'said'])));
}

const left = (letters: string, rung: Rung, target: number): string =>
  letters.slice(cutOf(rung, { live: rows(letters), target, tokensOf: () => 10 }));

describe('where a window is cut', () => {
  it('keeps the newest that fit', () => {
    expect(left('uauauau', 'sliding', 30)).toBe('uau');
  });

  it('keeps what the model is busy with, even where it does not fit', () => {
    expect(left('uauau', 'sliding', 0)).toBe('u');
    expect(left('uauctt', 'sliding', 0)).toBe('ctt');
    expect(left('uaucth', 'sliding', 0)).toBe('cth');
  });

  it('parts no call from its results', () => {
    expect(left('uacttu', 'sliding', 20)).toBe('cttu');
  });

  it('falls back to the newest exchange, and where that is too long to its newest part', () => {
    expect(left('uauctct', 'all', 60)).toBe('uctct');
    expect(left('uauctct', 'all', 30)).toBe('ct');
  });

  it('drops everything but a question without an answer', () => {
    expect(left('uaucttct', 'drop', 0)).toBe('');
    expect(left('uauau', 'drop', 0)).toBe('u');
  });

  it('F4: finds a place where there is no answer to cut at', () => {
    expect(left('uuuuuuu', 'sliding', 20)).toBe('uu');
    expect(left('ctttttt', 'sliding', 20)).toBe('ctttttt');
    expect(left('ctttttt', 'drop', 20)).toBe('');
  });

  it('I-8: never parts a call from its result nor takes a question that waits, whatever the history', () => {
    const history = fc.array(fc.constantFrom('u', 'a', 'ct', 'ctt', 'cth'), { maxLength: 30 }).map((p) => p.join(''));
    const rungs = fc.constantFrom<Rung>('sliding', 'all', 'drop', 'everything');
    fc.assert(
      fc.property(history, rungs, fc.nat(400), (letters, rung, target) => {
        const live = rows(letters);
        const cut = cutOf(rung, { live, target, tokensOf: () => 10 });
        expect(cut).toBeGreaterThanOrEqual(0);
        expect(cut).toBeLessThanOrEqual(live.length);
        expect(live[cut]?.role).not.toBe('tool');
        const last = live.at(-1);
        if (last !== undefined && isSaidByUser(last) && rung !== 'everything') expect(cut).toBeLessThan(live.length);
      }),
    );
  });
});
