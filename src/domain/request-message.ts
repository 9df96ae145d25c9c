/**
 * What a user's message holds on its way to a model. An image that lies in a file is read when the request is sent; one
 * that is never read is told of in words.
 */
export type RequestPart =
  | { type: 'text'; text: string }
  | { type: 'image'; url: string; detail: string | null }
  | { type: 'image-file'; fileId: string; detail: string | null };

/** What stands for an image that a model is not shown. */
export const hiddenImage = '[an image that cannot be shown here]';

/** A call as a model's own history shows it. */
export interface RequestCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** One message of a request, in the only form the engine knows. */
export type RequestMessage =
  | { role: 'system'; text: string }
  | { role: 'user'; parts: RequestPart[]; name?: string }
  | { role: 'assistant'; text: string | null; calls: RequestCall[] }
  | { role: 'tool'; callId: string; name: string; text: string };
