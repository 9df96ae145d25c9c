import type { Agent } from './agent.js';

/** A time zone: how clocks on the wall are set there. Wall times are milliseconds, read as if they were UTC. */
export interface Zone {
  /** Its IANA name; `UTC` where it was opened by a name that nobody knows. */
  name: string;
  /** What the clock on the wall shows at a moment. */
  wall(at: number): number;
  /**
   * The moment at which the clock shows this: the first of two when it was put back, and as much later as was skipped
   * when it was put forward over it.
   */
  instant(wall: number): number;
}

const utc: Zone = { name: 'UTC', wall: (at) => at, instant: (wall) => wall };

const dayMs = 86_400_000;

/** True for a name that this runtime has a time zone for. */
export function isZoneName(name: string): boolean {
  return name === 'UTC' || formatOf(name) !== null;
}

/** A zone by its name. A name nobody knows is read as UTC, so that a stored setting never stops an agent. */
export function openZone(name: string): Zone {
  const format = name === 'UTC' ? null : formatOf(name);
  if (format === null) return utc;
  const wall = (at: number): number => {
    const parts = new Map(format.formatToParts(at).map((part) => [part.type, Number(part.value)]));
    const read = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const [year, month, day] = [read('year'), read('month'), read('day')];
    const seconds = Date.UTC(year, month - 1, day, read('hour'), read('minute'), read('second'));
    return seconds + (((at % 1_000) + 1_000) % 1_000);
  };
  const instant = (local: number): number => {
    const offsets = [local - dayMs, local + dayMs].map((near) => wall(near) - near);
    const moments = offsets.map((offset) => local - offset);
    return moments.find((moment) => wall(moment) === local) ?? moments[0] ?? local;
  };
  return { name, wall, instant };
}

/** The zone an agent lives in: what its metadata say under `timezone`, else the one given. */
export function zoneOf(agent: Pick<Agent, 'metadata'>, otherwise: string): Zone {
  const own = agent.metadata['timezone'];
  return openZone(own !== undefined && isZoneName(own) ? own : otherwise);
}

function formatOf(name: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
