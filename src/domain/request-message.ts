/** What a user's message holds on its way to a model. */
export type RequestPart = { type: 'text'; text: string } | { type: 'image'; url: string; detail: string | null };

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
