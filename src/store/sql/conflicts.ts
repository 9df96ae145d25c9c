import { AppError } from '../../domain/errors.js';

/** Writes; false where a row that must be the only one of its kind is there already. */
export async function falseWhereTaken(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return false;
    throw error;
  }
}
