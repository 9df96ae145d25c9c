import { createHash } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../../domain/errors.js';
import { readCredential } from '../authenticate.js';
import { refuseLater } from '../mount.js';

const windowSeconds = 60;

/**
 * Lets every credential send so many requests to the OpenAI face in a minute that begins with its first one, and tells
 * it in every answer how many are left; what comes over the limit is `busy` and goes no further. Requests without a
 * credential are counted by the address they come from. The counts are this process's own, and go with it.
 */
export function limitRequests(requestsPerMinute: number, isOpenaiPath: (path: string) => boolean): RequestHandler {
  const limiter = new RateLimiterMemory({ points: requestsPerMinute, duration: windowSeconds });
  return async (request, response, next) => {
    if (!isOpenaiPath(request.path)) {
      next();
      return;
    }
    const { isOver, standing } = await consume(limiter, senderOf(request));
    // Rounded up, so that whoever waits as long as told is not too early.
    const resetMs = Math.max(1, Math.ceil(standing.msBeforeNext));
    response.setHeader('x-ratelimit-limit-requests', String(requestsPerMinute));
    response.setHeader('x-ratelimit-remaining-requests', String(Math.max(0, standing.remainingPoints)));
    response.setHeader('x-ratelimit-reset-requests', spellDuration(resetMs));
    if (!isOver) {
      next();
      return;
    }
    const message = `Rate limit reached for this API key on requests per min (RPM): Limit ${requestsPerMinute}, Used ${requestsPerMinute}, Requested 1. Please try again in ${spellDuration(resetMs)}.`;
    const refusal = new AppError('busy', message, { retryAfterMs: resetMs });
    // Whether the next attempt of a POST repeats an older request or this one shows in what it brings.
    if (request.method === 'POST') refuseLater(response, refusal);
    next(request.method === 'POST' ? undefined : refusal);
  };
}

/** Milliseconds as the original spells durations: `120ms`, `1s`, `59.95s`, `1m0s`. */
export function spellDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${milliseconds}ms`;
  const minutes = Math.floor(milliseconds / 60_000);
  const seconds = (milliseconds % 60_000) / 1_000;
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds}s`;
}

/** The limiter rejects with the same object that it resolves to; anything else it rejects with is a fault. */
async function consume(
  limiter: RateLimiterMemory,
  sender: string,
): Promise<{ isOver: boolean; standing: RateLimiterRes }> {
  try {
    return { isOver: false, standing: await limiter.consume(sender) };
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return { isOver: true, standing: refusal };
    throw refusal;
  }
}

/** Keys are not kept as they are, not even in memory. */
function senderOf(request: Request): string {
  const credential = readCredential(request.headers);
  if (credential.kind !== 'given') return `address ${request.socket.remoteAddress ?? ''}`;
  return `key ${createHash('sha256').update(credential.secret).digest('base64')}`;
}
