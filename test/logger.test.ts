import { describe, expect, it } from 'vitest';
import { createLogger } from '../src/logger.js';

function linesOf(work: (logger: ReturnType<typeof createLogger>) => void, human = false): string[] {
  const lines: string[] = [];
  work(createLogger({ level: 'info', human, write: (line) => void lines.push(line) }));
  return lines;
}

describe('the log', () => {
  it('is one JSON line for each fact, with a level by name and a time', () => {
    const lines = linesOf((logger) => {
      logger.info({ runId: 'r1' }, 'run claimed\nin two lines');
      logger.debug('too quiet');
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', runId: 'r1', msg: 'run claimed\nin two lines' });
  });

  it.each([
    [{ apiKey: 'topsecret' }, ''],
    [{ headers: { authorization: 'topsecret' } }, ''],
    [{ request: { headers: { 'x-bare-password': 'topsecret' } } }, ''],
    [{}, 'refused Bearer topsecret'],
    [{}, 'the key sk-topsecret0123456789 is wrong'],
    [{ url: '/v1/models?api_key=topsecret&x=1' }, 'request'],
    [{ error: new Error('connect postgres://me:topsecret@db/x') }, 'failed'],
    [{ err: new Error('connect postgres://me:topsecret@db/x') }, 'failed'],
  ])('never holds a credential that came as %o %s', (fields, message) => {
    const [line] = linesOf((logger) => logger.info(fields, message));
    expect(line).toBeDefined();
    expect(line).not.toContain('topsecret');
  });

  it('can be read by people', () => {
    const [line] = linesOf((logger) => logger.warn({ port: 1 }, 'port taken'), true);
    expect(line).toMatch(/^\d\d:\d\d:\d\d WARN port taken port=1\n$/);
  });
});
