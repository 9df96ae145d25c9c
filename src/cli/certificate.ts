import { X509Certificate, createPrivateKey } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { ConfigError, type Config } from '../config.js';

/** A certificate and its key on disk. */
export interface CertificateFiles {
  certPath: string;
  keyPath: string;
  /** True where the program made it. */
  selfSigned: boolean;
}

const dayMs = 24 * 3_600_000;
const validDays = 365;
const loopback = ['localhost', '127.0.0.1', '::1'];
const everywhere = ['0.0.0.0', '::'];

/**
 * The certificate a server shows: the one given, or one of its own that is kept in the home and used again until it
 * expires or does not name the host. Throws a ConfigError where what is given cannot be used.
 */
export async function findCertificate(
  config: Pick<Config, 'home' | 'host' | 'tls'>,
  now: number,
): Promise<CertificateFiles> {
  const { certPath, keyPath } = config.tls;
  if (certPath !== null && keyPath !== null) {
    checkGiven(certPath, keyPath);
    return { certPath, keyPath, selfSigned: false };
  }
  const folder = join(config.home, 'tls');
  const own = { certPath: join(folder, 'selfsigned.crt'), keyPath: join(folder, 'selfsigned.key'), selfSigned: true };
  const names = everywhere.includes(config.host) ? loopback : [...new Set([...loopback, config.host])];
  if (!isUsable(own, names, now)) await makeCertificate(folder, own, names, now);
  return own;
}

function checkGiven(certPath: string, keyPath: string): void {
  const certificate = parsed('certificate', certPath, (content) => new X509Certificate(content));
  const key = parsed('private key', keyPath, (content) => createPrivateKey(content));
  if (!certificate.checkPrivateKey(key)) {
    throw new ConfigError(`The TLS key ${keyPath} does not belong to the certificate ${certPath}.`);
  }
}

function parsed<T>(what: string, path: string, parse: (content: Buffer) => T): T {
  if (!existsSync(path)) throw new ConfigError(`The TLS ${what} ${path} does not exist.`);
  try {
    return parse(readFileSync(path));
  } catch {
    // The cause is left out: it can quote the key.
    throw new ConfigError(`The TLS ${what} ${path} cannot be read as PEM without a passphrase.`);
  }
}

function isUsable({ certPath, keyPath }: CertificateFiles, names: readonly string[], now: number): boolean {
  if (!existsSync(certPath) || !existsSync(keyPath)) return false;
  try {
    const certificate = new X509Certificate(readFileSync(certPath));
    const lasts = Date.parse(certificate.validTo) > now + dayMs && Date.parse(certificate.validFrom) <= now;
    const named = names.every((name) =>
      isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined,
    );
    return lasts && named && certificate.checkPrivateKey(createPrivateKey(readFileSync(keyPath)));
  } catch {
    // A damaged pair is replaced, as an expired one is.
    return false;
  }
}

async function makeCertificate(
  folder: string,
  { certPath, keyPath }: CertificateFiles,
  names: readonly string[],
  now: number,
): Promise<void> {
  // Loaded where it is needed alone: it takes a fifth of the time of a start.
  const { generate } = await import('selfsigned');
  const altNames = names.map((name) =>
    isIP(name) === 0 ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
  );
  const pair = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date(now - dayMs),
    notAfterDate: new Date(now + validDays * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  replace(keyPath, pair.private, 0o600);
  replace(certPath, pair.cert, 0o644);
}

function replace(path: string, content: string, mode: number): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content, { mode });
  chmodSync(draft, mode);
  renameSync(draft, path);
}
