import { CompiledQuery, type Kysely } from 'kysely';
import type { TransactionOptions } from '../store.js';
import type { Dialect } from './dialect.js';
import type { Database } from './schema.js';

/** What every query is made from: a connection, or whichever is free, and the words of its database. */
export interface Session {
  db: Kysely<Database>;
  dialect: Dialect;
  /** Runs several statements as one: in the transaction that is open, or in one of their own. */
  atomic<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

/** How often a transaction is run at the wish of the database before its error is believed. */
const attemptsMax = 8;

/** A session outside of transactions. */
export function openSession(db: Kysely<Database>, dialect: Dialect): Session {
  return { db, dialect, atomic: (work) => inTransaction(db, dialect, work) };
}

/** Runs the work in a transaction: committed where it returns, rolled back where it throws. */
export async function inTransaction<T>(
  db: Kysely<Database>,
  dialect: Dialect,
  work: (session: Session) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.connection().execute((held) => runOnce(held, dialect, work, options.relaxed ?? false));
    } catch (error) {
      if (attempt >= attemptsMax || !dialect.asksForRetry(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * 2 ** attempt));
    }
  }
}

async function runOnce<T>(
  held: Kysely<Database>,
  dialect: Dialect,
  work: (session: Session) => Promise<T>,
  relaxed: boolean,
): Promise<T> {
  for (const statement of dialect.begin(relaxed)) await held.executeQuery(CompiledQuery.raw(statement));
  const session: Session = { db: held, dialect, atomic: (inner) => inner(session) };
  try {
    const result = await work(session);
    await held.executeQuery(CompiledQuery.raw('commit'));
    return result;
  } catch (error) {
    await rollBack(held);
    throw error;
  } finally {
    for (const statement of dialect.settle(relaxed)) await held.executeQuery(CompiledQuery.raw(statement));
  }
}

/** The error that led here is the one to tell; a connection that cannot even roll back has lost its transaction anyway. */
async function rollBack(held: Kysely<Database>): Promise<void> {
  try {
    await held.executeQuery(CompiledQuery.raw('rollback'));
  } catch {
    return;
  }
}
