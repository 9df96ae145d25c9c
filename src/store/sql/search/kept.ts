/** A memory of bounded size: what has not been asked for longest goes first. */
export interface Kept<T> {
  get(name: string): T | undefined;
  put(name: string, value: T): void;
}

/** About what the map, the name and the object cost beside the bytes of a value. */
const overheadBytes = 500;

/** Keeps values up to a number of bytes. One that is larger than all of it is not kept. */
export function createKept<T>(bytesMax: number, bytesOf: (value: T) => number): Kept<T> {
  const values = new Map<string, { value: T; bytes: number }>();
  let bytes = 0;
  const take = (name: string): T | undefined => {
    const entry = values.get(name);
    if (entry === undefined) return undefined;
    values.delete(name);
    bytes -= entry.bytes;
    return entry.value;
  };
  const put = (name: string, value: T): void => {
    take(name);
    const entry = { value, bytes: bytesOf(value) + name.length * 2 + overheadBytes };
    values.set(name, entry);
    bytes += entry.bytes;
    for (const oldest of values.keys()) {
      if (bytes <= bytesMax) return;
      take(oldest);
    }
  };
  return {
    get: (name) => {
      const value = take(name);
      if (value !== undefined) put(name, value);
      return value;
    },
    put,
  };
}
