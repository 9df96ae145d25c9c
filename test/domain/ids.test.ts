import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { newId, readId, toLettaId, toOpenaiId } from '../../src/domain/ids.js';

describe('an id', () => {
  it('is read back from every spelling of its kind', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(readId('agent', id)).toBe(id);
        expect(readId('agent', toLettaId('agent', id))).toBe(id);
        expect(readId('agent', toOpenaiId('agent', id))).toBe(id);
      }),
    );
  });

  it('is spelled with word characters only after the prefix on the OpenAI face, 24 at the most', () => {
    expect(toOpenaiId('conversation', newId())).toMatch(/^thread_\w{1,24}$/);
  });

  it('of another kind is refused', () => {
    expect(readId('agent', toOpenaiId('run', newId()))).toBeNull();
    expect(readId('agent', toLettaId('run', newId()))).toBeNull();
    expect(readId('agent', 'undefined')).toBeNull();
  });

  it('of more than 128 bits is refused', () => {
    expect(readId('run', `run_${'z'.repeat(22)}`)).toBeNull();
  });
});
