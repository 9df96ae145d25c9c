/** The key of the memory that a thread's pairs name: the end user's, by either of two names. */
export function memoryKeyFrom(metadata: Record<string, string>): string | null {
  const named = [metadata['memory'], metadata['user_id']].find((value) => value !== undefined && value !== '');
  return named === undefined ? null : userMemoryKey(named);
}

/** The key of what is remembered for an end user. */
export function userMemoryKey(name: string): string {
  return `user:${name}`;
}
