import express, { type Request, type Response } from 'express';
import { AppError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';

/** A body that is no JSON, with the character at which that showed. */
export class InvalidJson extends AppError {
  constructor(
    readonly offset: number,
    cause: unknown,
  ) {
    super('invalid_request', 'The body is not valid JSON.', { cause });
    this.name = 'InvalidJson';
  }
}

const readBytes = express.raw({ type: () => true, limit: limits.bodyBytesMax });

/**
 * The JSON value of a request's body, undefined where it has none. The content type is not asked: old examples send
 * JSON without naming it. Throws `too_large` past `limits.bodyBytesMax`.
 */
export async function readJsonBody(request: Request, response: Response): Promise<unknown> {
  await new Promise<void>((resolve, reject) => {
    readBytes(request, response, (error: unknown) => {
      if (error === undefined || error === null) resolve();
      else reject(toAppError(error));
    });
  });
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes)) return undefined;
  const text = bytes.toString('utf8').replace(/^\uFEFF/u, '');
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new InvalidJson(offsetOf(error, text), error);
  }
}

function toAppError(error: unknown): unknown {
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : null;
  if (type === 'entity.too.large') {
    const megabytes = limits.bodyBytesMax / 1024 / 1024;
    return new AppError('too_large', `The body is larger than ${megabytes} MB.`, { cause: error });
  }
  if (typeof type === 'string') {
    return new AppError('invalid_request', 'The body could not be read.', { cause: error });
  }
  return error;
}

function offsetOf(error: unknown, text: string): number {
  const position = error instanceof Error ? /position (\d+)/u.exec(error.message)?.[1] : undefined;
  return position === undefined ? text.length : Number(position);
}
