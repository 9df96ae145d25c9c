import { AppError } from '../domain/errors.js';

/** A setting that cannot be used. The message is one sentence for the person who starts the program. */
export class ConfigError extends AppError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('invalid_request', message, options);
    this.name = 'ConfigError';
  }
}

/** A URL as it may be shown: without user, password and query. */
export function showUrl(url: string): string {
  try {
    const parsed = new URL(url);
    return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  } catch {
    return 'the value given';
  }
}
