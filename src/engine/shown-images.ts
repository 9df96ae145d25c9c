import { AppError } from '../domain/errors.js';
import { noContent, type StoredFile } from '../domain/file.js';
import { limits } from '../domain/limits.js';
import { hiddenImage, type RequestMessage, type RequestPart } from '../domain/request-message.js';
import type { ModelRequest, ProviderError } from '../providers/provider.js';
import type { EngineDependencies } from './scene.js';

const inWords: RequestPart = { type: 'text', text: hiddenImage };

type ImageFile = Extract<RequestPart, { type: 'image-file' }>;

/**
 * Puts the images that lie in files of the run's owner into a request, as data URLs. What is no image of a kind that
 * models read, is not there any more or is too large is told of in words; where all together are too large, the newest
 * are shown.
 */
export async function showImages(
  dependencies: Pick<EngineDependencies, 'store' | 'clock'>,
  ownerId: string,
  request: ModelRequest,
): Promise<ModelRequest> {
  const wanted = request.messages.flatMap((message) =>
    message.role === 'user' ? message.parts.filter((part) => part.type === 'image-file') : [],
  );
  if (wanted.length === 0) return request;
  const urls = await readUrls(dependencies, ownerId, wanted);
  return { ...request, messages: request.messages.map((message) => withImages(message, urls)) };
}

/** The same request for a model that cannot see: images are told of in words. */
export function hideImages(request: ModelRequest): ModelRequest {
  const messages = request.messages.map((message): RequestMessage => {
    if (message.role !== 'user') return message;
    return { ...message, parts: message.parts.map((part) => (part.type === 'text' ? part : inWords)) };
  });
  return { ...request, messages };
}

/** What model servers say where it is not one image that is wrong, but any: OpenAI, vLLM, LM Studio, Mistral, DeepSeek. */
const blindness =
  /image_url is only supported by|not a multi-?modal model|at most 0 image|does not support (?:images?(?! type| format)|vision)|image input is not (?:supported|enabled)|unknown variant .image_url/iu;

/** True where a model has refused a request because it cannot see at all. */
export function refusesAllImages(error: ProviderError): boolean {
  return error.code === 'model_refused' && blindness.test(error.message);
}

/** The data URLs of files by their ids, as far as they can be shown. */
async function readUrls(
  { store, clock }: Pick<EngineDependencies, 'store' | 'clock'>,
  ownerId: string,
  wanted: readonly ImageFile[],
): Promise<Map<string, string>> {
  const urls = new Map<string, string>();
  let left: number = limits.requestImageBytesMax;
  for (const fileId of new Set(wanted.map((part) => part.fileId).reverse())) {
    const file = await store.files.get(ownerId, fileId);
    if (file === null || !isReadable(file, clock.now()) || file.bytes > left) continue;
    const bytes = await readBytes(store, file);
    const type = bytes === null ? null : imageTypeOf(bytes);
    if (bytes === null || type === null) continue;
    left -= bytes.length;
    urls.set(fileId, `data:${type};base64,${bytes.toString('base64')}`);
  }
  return urls;
}

function isReadable(file: StoredFile, now: number): boolean {
  const isOver = file.expiresAt !== null && file.expiresAt <= now;
  return !isOver && file.sha256 !== noContent && file.bytes <= limits.imageBytesMax;
}

/** Null where the file was deleted in this moment. */
async function readBytes({ blobs }: EngineDependencies['store'], file: StoredFile): Promise<Buffer | null> {
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of blobs.read(file.sha256)) pieces.push(piece);
    return Buffer.concat(pieces);
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  }
}

/** The kinds that models read, by their first bytes: what a caller says of a file is not believed. */
function imageTypeOf(bytes: Buffer): string | null {
  const head = bytes.toString('latin1', 0, 12);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/u.test(head)) return 'image/gif';
  return /^RIFF.{4}WEBP/su.test(head) ? 'image/webp' : null;
}

function withImages(message: RequestMessage, urls: ReadonlyMap<string, string>): RequestMessage {
  if (message.role !== 'user') return message;
  return { ...message, parts: message.parts.map((part) => (part.type === 'image-file' ? shown(part, urls) : part)) };
}

function shown({ fileId, detail }: ImageFile, urls: ReadonlyMap<string, string>): RequestPart {
  const url = urls.get(fileId);
  return url === undefined ? inWords : { type: 'image', url, detail };
}
