import type { Store } from '../../src/store/store.js';

/** What a dead holder of a store meets. */
export class Killed extends Error {}

/**
 * The same store, until the n-th commit of whoever holds it; then the holder is as good as dead, once what it had under
 * way is through.
 */
export function mortal(store: Store, commits: number): { store: Store; isDead: () => boolean } {
  let left = commits;
  let underWay = 0;
  const transaction = async (...parameters: Parameters<Store['transaction']>): Promise<unknown> => {
    underWay += 1;
    try {
      const value = await store.transaction(...parameters);
      left -= 1;
      if (left === 0) throw new Killed('killed after its commit');
      return value;
    } finally {
      underWay -= 1;
    }
  };
  const dying = new Proxy(store, {
    get(target, property) {
      if (left <= 0) return () => Promise.reject(new Killed(`killed before ${String(property)}`));
      if (property === 'transaction') return transaction;
      const member: unknown = Reflect.get(target, property);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return { store: dying, isDead: () => left <= 0 && underWay === 0 };
}
