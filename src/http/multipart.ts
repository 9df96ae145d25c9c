import type { IncomingMessage } from 'node:http';
import busboy from 'busboy';
import { AppError } from '../domain/errors.js';
import type { ReceivedFile } from '../services/files.js';

/** The file of a form, received and not kept yet. */
export interface FormFile {
  /** As the sender wrote it. */
  name: string;
  mimeType: string;
  received: ReceivedFile;
}

/** A form that has arrived whole. Whoever takes the file keeps it or discards it. */
export interface ReceivedForm {
  fields: Record<string, string>;
  file: FormFile | null;
}

/** Where the bytes of a form's file go. */
export interface FormReceiver {
  receive(content: AsyncIterable<Uint8Array>): Promise<ReceivedFile>;
  discard(received: ReceivedFile): Promise<void>;
}

/** Reads the form of a request, once. Fields and file may come in any order; the file's bytes are never held. */
export type ReadForm = (fileField: string, receiver: FormReceiver) => Promise<ReceivedForm>;

/** Bounds of what a form holds besides its file. */
const formLimits = { fields: 64, fieldSize: 64 * 1024, files: 4, parts: 80 };

/**
 * Makes the reader of a request's `multipart/form-data`. It throws `invalid_request` where the body is no such form or
 * breaks off, and what the receiver throws; received bytes are discarded then.
 */
export function formReader(request: IncomingMessage): ReadForm {
  return (fileField, receiver) => new FormReading(request, fileField, receiver).whole();
}

class FormReading {
  private readonly fields: Record<string, string> = {};
  private file: Promise<FormFile> | null = null;

  constructor(
    private readonly request: IncomingMessage,
    private readonly fileField: string,
    private readonly receiver: FormReceiver,
  ) {}

  async whole(): Promise<ReceivedForm> {
    const parser = openParser(this.request);
    try {
      await this.parse(parser);
      return { fields: this.fields, file: await this.file };
    } catch (error) {
      this.request.unpipe(parser);
      parser.destroy();
      await this.discard();
      throw error;
    }
  }

  private parse(parser: busboy.Busboy): Promise<void> {
    const { request, receiver } = this;
    return new Promise<void>((resolve, reject) => {
      parser.on('field', (name, value, { valueTruncated }) => {
        if (valueTruncated) reject(new AppError('too_large', `The field '${name}' is too long.`, { param: name }));
        this.fields[name] = value;
      });
      parser.on('file', (name, content, { filename, mimeType }) => {
        if (name !== this.fileField || this.file !== null) {
          content.resume();
          return;
        }
        const file = receiver
          .receive(content as AsyncIterable<Uint8Array>)
          // A part without a name that is a file all the same has none in its headers, whatever the types say.
          .then((received): FormFile => ({ name: (filename as string | undefined) ?? 'file', mimeType, received }));
        file.catch(reject);
        this.file = file;
      });
      parser.on('error', (error) => reject(brokenForm(error)));
      parser.on('close', resolve);
      request.once('close', () => {
        if (!request.complete) reject(brokenForm(new Error('The sender has left.')));
      });
      request.pipe(parser);
    });
  }

  private async discard(): Promise<void> {
    const file = await this.file?.catch(() => null);
    if (file !== null && file !== undefined) await this.receiver.discard(file.received);
  }
}

function openParser(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, defParamCharset: 'utf8', limits: formLimits });
  } catch (error) {
    const message = 'The body must be sent as multipart/form-data.';
    throw new AppError('invalid_request', message, { cause: error });
  }
}

function brokenForm(cause: unknown): AppError {
  return new AppError('invalid_request', 'The form could not be read to its end.', { cause });
}
