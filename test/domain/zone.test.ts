import { describe, expect, it } from 'vitest';
import { isZoneName, openZone, zoneOf } from '../../src/domain/zone.js';

const at = (iso: string): number => Date.parse(iso);

describe('a zone', () => {
  it('I-31: finds the moment of every wall time, the first of two and the one after a gap', () => {
    const berlin = openZone('Europe/Berlin');
    expect(berlin.wall(at('2025-07-01T12:00:00.250Z'))).toBe(at('2025-07-01T14:00:00.250Z'));
    expect(berlin.instant(at('2025-10-26T02:30:00Z'))).toBe(at('2025-10-26T00:30:00Z'));
    expect(berlin.instant(at('2025-03-30T02:30:00Z'))).toBe(at('2025-03-30T01:30:00Z'));
    const santiago = openZone('America/Santiago');
    // Clocks there went from midnight to one o'clock: that day had no midnight.
    expect(santiago.instant(at('2024-09-08T00:00:00Z'))).toBe(at('2024-09-08T04:00:00Z'));
  });

  it('is UTC where nobody knows its name, and the agent’s own where it has one', () => {
    expect(openZone('Mars/Olympus').name).toBe('UTC');
    expect([isZoneName('UTC'), isZoneName('Asia/Tokyo'), isZoneName('')]).toEqual([true, true, false]);
    expect(zoneOf({ metadata: { timezone: 'Asia/Tokyo' } }, 'Europe/Berlin').name).toBe('Asia/Tokyo');
    expect(zoneOf({ metadata: { timezone: 'nowhere' } }, 'Europe/Berlin').name).toBe('Europe/Berlin');
    expect(zoneOf({ metadata: {} }, 'UTC').name).toBe('UTC');
  });
});
