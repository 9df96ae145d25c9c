import { hostname, networkInterfaces } from 'node:os';
import { ConfigError, showUrl } from './fault.js';
import type { SourcedProvider } from './models.js';

/** Where a server listens. */
export interface Listening {
  host: string;
  port: number;
}

const everywhere = ['0.0.0.0', '::', '[::]', '*'];

/**
 * Throws where a provider's address is the server's own: every question would be asked of the server that asks it. It
 * happens in a shell that exports the server's address for its clients.
 */
export function refuseOwnUpstream(providers: readonly SourcedProvider[], listening: Listening): void {
  for (const { settings, source } of providers) {
    if (settings.baseUrl === null || !isOwnAddress(settings.baseUrl, listening)) continue;
    throw new ConfigError(
      `The model provider's address in ${source} (${showUrl(settings.baseUrl)}) is this very server, which would ask ` +
        `itself; unset it for the server's process, or set it to the address of the model provider.`,
    );
  }
}

/** True where a URL leads to a server that listens there. Names of this machine are the same name. */
export function isOwnAddress(url: string, listening: Listening): boolean {
  const { protocol, hostname: host, port } = new URL(url);
  const upstreamPort = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  if (upstreamPort !== listening.port) return false;
  const upstream = bare(host);
  const own = bare(listening.host);
  if (upstream === own) return true;
  if (everywhere.includes(own)) return isLoopback(upstream) || isOfThisMachine(upstream);
  return isLoopback(own) && isLoopback(upstream);
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    everywhere.includes(host) ||
    /^127(\.\d+){1,3}$/.test(host) ||
    host === '::1' ||
    host.startsWith('::ffff:7f')
  );
}

function isOfThisMachine(host: string): boolean {
  if (host === hostname().toLowerCase()) return true;
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return addresses.some((entry) => entry.address.toLowerCase() === host);
}
