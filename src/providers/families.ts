/**
 * Windows of well-known models, in tokens, as their makers state them. `hosted` models run nowhere but at their maker,
 * so the number holds behind any gateway; the others may be served with a smaller window than they were trained for,
 * so their numbers count only where a server is a public one. The first row that matches holds.
 */
const families: readonly [pattern: RegExp, tokens: number, where: 'hosted' | 'open'][] = [
  [/^gpt-3\.5-turbo-instruct/, 4_096, 'hosted'],
  [/^gpt-3\.5/, 16_385, 'hosted'],
  [/^gpt-4\.1/, 1_047_576, 'hosted'],
  [/^gpt-4\.5/, 128_000, 'hosted'],
  [/^gpt-4-32k/, 32_768, 'hosted'],
  [/^(?:gpt-4o|gpt-4-turbo|gpt-4-(?:1106|0125|vision)|chatgpt-4o)/, 128_000, 'hosted'],
  [/^gpt-4(?:-0\d{3})?$/, 8_192, 'hosted'],
  [/^gpt-5.*chat/, 128_000, 'hosted'],
  [/^gpt-5/, 400_000, 'hosted'],
  [/^(?:o1-mini|o1-preview)/, 128_000, 'hosted'],
  [/^o\d/, 200_000, 'hosted'],
  [/^text-embedding-(?:3|ada)/, 8_191, 'hosted'],
  [/^claude-/, 200_000, 'hosted'],
  [/^gemini-1\.5-pro/, 2_097_152, 'hosted'],
  [/^gemini-/, 1_048_576, 'hosted'],
  [/^grok-4-fast/, 2_000_000, 'hosted'],
  [/^grok-4/, 256_000, 'hosted'],
  [/^grok-/, 131_072, 'hosted'],
  [/^gpt-oss/, 131_072, 'open'],
  [/^(?:meta-)?llama-?4/, 1_048_576, 'open'],
  [/^(?:meta-)?llama-?3[.-][123]/, 131_072, 'open'],
  [/^(?:meta-)?llama-?3/, 8_192, 'open'],
  [/^(?:meta-)?llama-?2/, 4_096, 'open'],
  [/^qwen-?3-(?:coder|next)|^qwen-?3.*2507/, 262_144, 'open'],
  [/^qwen-?3/, 40_960, 'open'],
  [/^(?:qwen|qwq)/, 32_768, 'open'],
  [/^codestral/, 256_000, 'open'],
  [/^(?:open-)?mixtral-8x22b/, 65_536, 'open'],
  [/^(?:open-mistral-7b|mistral-7b|mistral:7b|(?:open-)?mixtral)/, 32_768, 'open'],
  [/^(?:mistral|ministral|magistral|devstral|open-mistral|pixtral)/, 131_072, 'open'],
  [/^deepseek/, 131_072, 'open'],
  [/^kimi-k2/, 262_144, 'open'],
  [/^glm-4/, 131_072, 'open'],
  [/^gemma-?3/, 131_072, 'open'],
  [/^gemma/, 8_192, 'open'],
  [/^phi-?4-mini/, 131_072, 'open'],
  [/^phi-?4/, 16_384, 'open'],
  [/^command-a/, 262_144, 'open'],
  [/^command-r/, 131_072, 'open'],
];

/** The window of a model by its name; null where the name says nothing reliable. */
export function windowByName(model: string, isPublicServer: boolean): number | null {
  const bare = model.toLowerCase().split('/').at(-1) ?? '';
  const found = families.find(([pattern]) => pattern.test(bare));
  if (found === undefined) return null;
  const [, tokens, where] = found;
  return where === 'hosted' || isPublicServer ? tokens : null;
}

/** What a model is for, as far as its name tells. */
export function kindByName(model: string): 'chat' | 'embedding' | 'unknown' {
  if (/embed|(?:^|[/-])(?:bge|e5|gte|minilm|all-minilm|nomic-bert)(?:-|$|:)/i.test(model)) return 'embedding';
  if (/whisper|tts|dall-e|image|moderation|realtime|audio|transcribe|sora|rerank|babbage|davinci/i.test(model))
    return 'unknown';
  return 'chat';
}
