/** One provider as the configuration names it. */
export interface ProviderSettings {
  /** The word before the slash in a model's name: `openai`, `ollama`, `azure`, or any other. */
  name: string;
  kind: 'openai' | 'azure' | 'demo';
  /** Base URL of an OpenAI-shaped API, with its `/v1`; for Azure the resource's endpoint. Null for the vendor's own. */
  baseUrl: string | null;
  apiKey: string | null;
  /** Azure's `api-version`. */
  apiVersion?: string | null;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** Tokens of the window of every model here, where the server does not say. */
  contextWindow?: number | null;
}

/** Pace of the built-in stand-in, for demonstrations and measurements. */
export interface DemoSettings {
  /** Milliseconds before the first token. */
  latencyMs: number;
  /** Tokens per second; 0 is as fast as they are read. */
  tokensPerSecond: number;
}

/** Everything the registry is made from. */
export interface ModelSettingsFile {
  providers: ProviderSettings[];
  /** From the name a client writes to the name it means: `gpt-4o` to `ollama/llama3.1`; `*` is every other name. */
  aliases: Record<string, string>;
  /** The model of a new agent that names none; null is the first provider's choice, or the stand-in. */
  defaultModel: string | null;
  /** `provider/model` that makes vectors; null where recall and archive are searched by words alone. */
  embeddingModel: string | null;
  demo: DemoSettings;
}
