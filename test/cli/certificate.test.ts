import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCertificate } from '../../src/cli/certificate.js';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'certificate-'));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const dayMs = 86_400_000;
const now = Date.parse('2026-01-01T00:00:00Z');
const none = { enabled: true, certPath: null, keyPath: null };

async function serialAt(host: string, at: number): Promise<string> {
  const { certPath } = await findCertificate({ home, host, tls: none }, at);
  return new X509Certificate(readFileSync(certPath)).serialNumber;
}

describe('a certificate of its own', () => {
  it('names localhost, both loopback addresses and the host', async () => {
    const { certPath } = await findCertificate({ home, host: 'box.example', tls: none }, now);
    const certificate = new X509Certificate(readFileSync(certPath));
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkHost('box.example')).toBe('box.example');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
  });

  it('is used again until it is about to expire, and then replaced', async () => {
    const serial = await serialAt('localhost', now);
    expect(await serialAt('127.0.0.1', now + 300 * dayMs)).toBe(serial);
    expect(await serialAt('localhost', now + 365 * dayMs)).not.toBe(serial);
  });

  it('is replaced where it does not name the host, or is damaged', async () => {
    const serial = await serialAt('localhost', now);
    const other = await serialAt('box.example', now);
    expect(other).not.toBe(serial);
    writeFileSync(join(home, 'tls', 'selfsigned.key'), 'broken');
    expect(await serialAt('box.example', now)).not.toBe(other);
  });
});

describe('a certificate that is given', () => {
  it('is refused with the key of another one', async () => {
    const own = await findCertificate({ home, host: 'localhost', tls: none }, now);
    const otherHome = join(home, 'other');
    const other = await findCertificate({ home: otherHome, host: 'localhost', tls: none }, now);
    const tls = { enabled: true, certPath: own.certPath, keyPath: other.keyPath };
    await expect(findCertificate({ home, host: 'localhost', tls }, now)).rejects.toThrow('does not belong to');
    expect(await findCertificate({ home, host: 'x', tls: { ...tls, keyPath: own.keyPath } }, now)).toEqual({
      ...own,
      selfSigned: false,
    });
  });
});
