import { describe, expect, it } from 'vitest';
import { readCredential } from '../../src/http/authenticate.js';
import { withoutSecrets } from '../../src/http/request-log.js';

describe('the credential of a request', () => {
  it.each([
    [{ authorization: 'Bearer abc' }, { kind: 'given', secret: 'abc' }],
    [{ authorization: 'bearer   abc ' }, { kind: 'given', secret: 'abc' }],
    [{ authorization: 'Bearer pass phrase' }, { kind: 'given', secret: 'pass phrase' }],
    [{ 'api-key': 'abc' }, { kind: 'given', secret: 'abc' }],
    [{ 'x-bare-password': 'password abc' }, { kind: 'given', secret: 'abc' }],
    [
      { authorization: 'Basic eDp5', 'api-key': 'abc' },
      { kind: 'given', secret: 'abc' },
    ],
    [
      { authorization: 'Bearer abc', 'api-key': 'other' },
      { kind: 'given', secret: 'abc' },
    ],
    [{}, { kind: 'none' }],
    [{ authorization: '' }, { kind: 'none' }],
    [{ authorization: 'Bearer' }, { kind: 'none' }],
    [{ 'x-bare-password': 'abc' }, { kind: 'none' }],
    [{ authorization: 'Basic eDp5' }, { kind: 'foreign-scheme' }],
  ])('of %j is %j', (headers, credential) => {
    expect(readCredential(headers)).toEqual(credential);
  });
});

describe('a path in the log', () => {
  it.each([
    ['/admin/users/keys?api_key=sk-1234', '/admin/users/keys?api_key=redacted'],
    ['/x?limit=3&api_key=sk-1234&order=asc', '/x?limit=3&api_key=redacted&order=asc'],
    ['/x?API-KEY=1&apikey=2&password=3', '/x?API-KEY=redacted&apikey=redacted&password=redacted'],
    ['/api/agents?agent_id=1', '/api/agents?agent_id=1'],
  ])('%s is written as %s', (path, written) => {
    expect(withoutSecrets(path)).toBe(written);
  });
});
