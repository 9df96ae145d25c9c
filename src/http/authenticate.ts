import type { IncomingHttpHeaders } from 'node:http';

/** What a request's headers say of its sender, before anybody has checked it. */
export type Credential = { kind: 'none' } | { kind: 'foreign-scheme' } | { kind: 'given'; secret: string };

/**
 * Reads the credential of a request: `Authorization: Bearer …`, Azure's `api-key: …`, or the later Letta servers'
 * `X-BARE-PASSWORD: password …`, in this order.
 */
export function readCredential(headers: IncomingHttpHeaders): Credential {
  const [scheme = '', ...rest] = (headers.authorization ?? '').trim().split(/\s+/u);
  const secret = rest.join(' ');
  if (secret !== '' && scheme.toLowerCase() === 'bearer') return { kind: 'given', secret };
  const apiKey = single(headers['api-key']);
  if (apiKey !== '') return { kind: 'given', secret: apiKey };
  const bare = /^password\s+(.+)$/iu.exec(single(headers['x-bare-password']));
  if (bare?.[1] !== undefined) return { kind: 'given', secret: bare[1] };
  return secret === '' ? { kind: 'none' } : { kind: 'foreign-scheme' };
}

function single(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? (header[0] ?? '') : (header ?? '')).trim();
}
