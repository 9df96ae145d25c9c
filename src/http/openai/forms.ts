import type { z } from 'zod';
import type { FileService, ReceivedFile } from '../../services/files.js';
import type { FormFile, ReadForm } from '../multipart.js';
import { InvalidInput } from '../route.js';

/** What a form with a file is read with. */
export interface FileFormParts<T> {
  readForm: ReadForm;
  files: Pick<FileService, 'receive' | 'discard'>;
  /** The name of the field that holds the file. */
  fileField: string;
  /** What the other fields are. */
  schema: z.ZodType<T>;
  /** The most bytes of the file, where it is less than of any file. */
  bytesMax?: number;
}

/** A form's fields, and its file, which is the reader's to keep or to discard. */
export interface FileForm<T> {
  values: T;
  file: FormFile;
}

/** Reads a form with a file. Throws InvalidInput where a field does not fit or the file is absent. */
export async function readFileForm<T>(parts: FileFormParts<T>): Promise<FileForm<T>> {
  const { readForm, files, fileField, schema, bytesMax } = parts;
  const { fields, file } = await readForm(fileField, {
    receive: (content) => files.receive(content, bytesMax),
    discard: (received) => files.discard(received),
  });
  const raw = nested(fields);
  const result = schema.safeParse(raw);
  if (result.success && file !== null) return { values: result.data, file };
  if (file !== null) await files.discard(file.received);
  const missing = { code: 'invalid_type' as const, expected: 'string' as const, path: [fileField], message: 'absent' };
  throw new InvalidInput('body', result.success ? [missing] : result.error.issues, raw);
}

/** Does something with a received file, and throws its bytes away where that fails. */
export async function orDiscard<T>(
  files: Pick<FileService, 'discard'>,
  received: ReceivedFile,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await files.discard(received);
    throw error;
  }
}

/** Fields like `expires_after[seconds]` as the objects they stand for. */
function nested(fields: Record<string, string>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const [, outer, inner] = /^(\w+)\[(\w+)\]$/u.exec(name) ?? [];
    if (outer === undefined || inner === undefined) values[name] = value;
    else values[outer] = { ...(values[outer] as Record<string, unknown> | undefined), [inner]: value };
  }
  return values;
}
