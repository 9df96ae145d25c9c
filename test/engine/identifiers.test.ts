import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/domain/message.js';
import { identifiersIn, keepVerbatim, verbatimOf } from '../../src/engine/identifiers.js';

function said(text: string, role: Message['role'] = 'user'): Message {
  return {
    id: 'm',
    conversationId: 'c',
    seq: 1,
    role,
    kind: 'said',
    parts: [{ type: 'text', text }],
    visible: true,
    status: 'completed',
    agentId: null,
    runId: null,
    stepId: null,
    callId: null,
    name: null,
    metadata: {},
    faceData: {},
    createdAt: 0,
  };
}

describe('the details a summary must keep', () => {
  it.each([
    ['addresses', 'See https://example.org/a/b?c=1, and write to ines@example.org.', 'https://example.org/a/b?c=1'],
    ['mail', 'Write to ines.k@example.org today', 'ines.k@example.org'],
    ['paths', 'the log is in /var/log/app/today.log, look', '/var/log/app/today.log'],
    ['paths of Windows', 'open C:\\Users\\ines\\notes.txt please', 'C:\\Users\\ines\\notes.txt'],
    ['quoted ids', 'run `npm:test` again', 'npm:test'],
    ['order numbers', 'my order is AB-20931x and late', 'AB-20931x'],
    ['dates', 'we meet on 2024-05-12 then', '2024-05-12'],
    ['dates in words', 'we meet on 12 May 2024 then', '12 May 2024'],
    ['amounts', 'it costs 1,250 € in all', '1,250 €'],
    ['long numbers', 'the code is 773201 as before', '773201'],
    ['names', 'I spoke with Marta Kowalska about it', 'Marta Kowalska'],
    ['single names', 'we went to Lisbon by train', 'Lisbon'],
  ])('are %s', (_what, text, detail) => {
    expect(identifiersIn([said(text)])).toContain(detail);
  });

  it('are not the ordinary words of a sentence', () => {
    expect(identifiersIn([said('Yesterday we walked for a while. Then it rained, and nobody minded.')])).toEqual([]);
  });

  it('come once each, those of users first, and in a bounded number', () => {
    const many = Array.from({ length: 5_000 }, (_none, at) => `ID-${at}x`).join(' ');
    const found = identifiersIn([said('see ID-7x', 'user'), said(many, 'tool'), said('and ID-7x')]);
    expect(found[0]).toBe('ID-7x');
    expect(found.length).toBeLessThanOrEqual(40);
    expect(new Set(found).size).toBe(found.length);
  });

  it('take linear time on hostile text', () => {
    const hostile = [
      '/a'.repeat(50_000),
      'A'.repeat(100_000),
      'a@'.repeat(50_000),
      '1,'.repeat(50_000),
      'Ab '.repeat(30_000),
    ];
    expect(identifiersIn(hostile.map((text) => said(text))).length).toBeLessThanOrEqual(500);
  });
});

describe('a summary that lacks some', () => {
  it('gets them in a last line, word for word, and only those', () => {
    const summary = keepVerbatim('Ines moved to Lisbon.', ['Lisbon', 'AB-1', '12 May'], 200);
    expect(summary).toBe('Ines moved to Lisbon.\nKept verbatim: AB-1 · 12 May');
    expect(verbatimOf(summary)).toEqual(['AB-1', '12 May']);
    expect(verbatimOf('No such line.')).toEqual([]);
  });

  it('never grows over its limit', () => {
    const details = Array.from({ length: 100 }, (_none, at) => `detail-${at}`);
    expect(keepVerbatim('Short.', details, 120).length).toBeLessThanOrEqual(120);
    expect(keepVerbatim('x'.repeat(120), details, 120)).toBe('x'.repeat(120));
  });
});
