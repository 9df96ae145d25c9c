/** Every bound of the house. Meeting one is a stated outcome. */
export const limits = {
  /** Turns of one run. */
  turnsPerRun: 50,
  /** Calls of one reply that are carried out. */
  callsPerTurn: 64,
  /** The same call failing in the same way: when the model is told to stop, and when the run ends. */
  failuresToHint: 3,
  failuresToEnd: 5,
  /** Empty replies of a turn that are asked for again. */
  emptyReplies: 2,
  /** Runs that may stand behind one another in a conversation. */
  queuedRunsPerConversation: 100,
  /** Lost leases after which a run fails. */
  lossesPerRun: 3,
  /** How long a claim holds without being renewed. */
  leaseMs: 30_000,
  /** How often a lease is renewed while nothing is written. */
  leaseRenewMs: 10_000,
  /** How often the table is looked at where no ring was heard. */
  pollMs: 1_000,
  /** How long deltas are gathered before they are written; the first of a message goes at once. */
  deltaBatchMs: 20,
  /** A run that waits for the client or in the queue gives up after this. */
  runWaitMs: 600_000,
  /** A run that waits for somebody's approval of a call gives up after this. */
  approvalWaitMs: 24 * 3_600_000,
  /** How long the events of a finished run are kept. */
  eventRetentionMs: 30 * 24 * 3_600_000,
  /** Characters of a tool's result that reach the model, whatever the window. */
  toolResultCharsMax: 50_000,
  /** The least that limit becomes for a small window. */
  toolResultCharsMin: 5_000,
  /** How long a tool that runs here may take. */
  toolTimeoutMs: 60_000,
  /** Tokens of the smallest window an agent can live in. */
  contextTokensMin: 4_096,
  /** Tokens of a window nobody told us about. */
  contextTokensDefault: 8_192,
  /** Shares of the usable window: when to compact, how far, and when to warn. */
  compactAt: 0.85,
  compactTo: 0.5,
  pressureAt: 0.75,
  /** How long it is held against a model, or a window, that it refused a prompt as too long. */
  refusalHeldMs: 3_600_000,
  /** Compactions of one turn. */
  compactionsPerTurn: 3,
  /** Characters of a summary, and its largest share of the window. */
  summaryCharsMax: 4_000,
  summaryShare: 0.08,
  /** Every so many compactions a summary is written from the messages again, and messages read for it at the most. */
  summaryRebuildEvery: 3,
  summaryRebuildMessages: 1_000,
  /** Characters of a block of persona or human, and of another one. */
  blockCharsDefault: 5_000,
  blockCharsOther: 10_000,
  /** Characters of an agent's name. */
  agentNameCharsMax: 256,
  /** Characters of a label, and blocks of a memory. */
  blockLabelCharsMax: 64,
  blocksPerMemory: 50,
  /** Times an edit of a block is applied again to a newer value. */
  blockEditAttempts: 5,
  /** Conversations that share a memory, as far as they are counted in a prompt. */
  conversationsCounted: 20,
  /** Characters of one passage. */
  passageCharsMax: 20_000,
  /** Passages with which a new one is compared. */
  alikePassages: 8,
  /** Tags of a passage, and characters of a tag. */
  tagsPerPassage: 32,
  tagCharsMax: 64,
  /** Characters of a search that are looked at. */
  searchQueryCharsMax: 2_000,
  /** Hits on a page of a search, and characters shown of each. */
  searchPage: 5,
  searchHitCharsMax: 1_500,
  /** Hits considered by each way of searching before they are fused. */
  searchDepth: 50,
  /** Hits of several kinds that can be paged through together. */
  mergedHitsMax: 1_000,
  /** Turns of a run that tidies a memory, and characters of what was said that it is given to read. */
  turnsPerTidying: 10,
  tidyingCharsMax: 40_000,
  /** Times that a failed one is tried again, and how long after the first failure; each pause is four times the last. */
  tidyingRetries: 3,
  tidyingRetryMs: 15_000,
  /** Runs that tidy at the same time, beside those that answer; how often it is looked who is due. */
  tidyingConcurrency: 2,
  tidyingPollMs: 1_000,
  /** Characters of a message. */
  messageCharsMax: 256_000,
  /** Items of a list. */
  pageItemsMax: 100,
  /** Model calls that are repeated after a passing failure, and the time they may take together. */
  providerAttempts: 5,
  providerRetryTotalMs: 120_000,
  /** How long a provider may stay silent, before and between tokens. */
  providerSilenceMs: 120_000,
  /** A stream that broke after its first token is taken again this often. */
  turnRetries: 2,
  /** Bytes of a JSON request body. */
  bodyBytesMax: 10 * 1024 * 1024,
  /** How long the answer to a request is kept for one that repeats it without a name of its own. */
  repeatWindowMs: 120_000,
  /** The same for a request that came with an idempotency key. */
  idempotencyWindowMs: 24 * 3_600_000,
  /** How long the deletion of a conversation waits for its active run to stop. */
  stopBeforeDeletionMs: 2_000,
  /** Messages that a conversation may be made with. */
  messagesPerCreation: 32,
  /** How soon those who ask again and again whether a run has ended are told to ask. */
  pollAfterMs: 250,
  /** Bytes of one file. */
  fileBytesMax: 512 * 1024 * 1024,
  /** Bytes of one image that a model is shown out of a file, and of all of them in one request. */
  imageBytesMax: 20 * 1024 * 1024,
  requestImageBytesMax: 32 * 1024 * 1024,
  /** Bytes of one part of a file that is sent in parts, and how long all of them may take to arrive. */
  uploadPartBytesMax: 64 * 1024 * 1024,
  uploadMs: 3_600_000,
  /** Items of a list of files. */
  filesPageMax: 10_000,
  /** Files that one request may put into a library. */
  filesPerBatch: 2_000,
  /** Attributes of a file in a library, and characters of a name and of a value. */
  attributesPerFile: 16,
  attributeNameCharsMax: 64,
  attributeValueCharsMax: 512,
  /** Libraries searched together. */
  librariesPerSearch: 20,
  /** Passages of a search of libraries, unless asked for fewer or more, and the most. */
  libraryHits: 20,
  libraryHitsMax: 50,
  /** Tokens of text that one search of libraries gives the model. */
  libraryTokens: 16_000,
  /** How long a run waits for the files of its conversation to be read. */
  filesWaitMs: 60_000,
  /** How long a file may take to be read, and to give its next part. */
  extractionMs: 30 * 60_000,
  extractionSilenceMs: 120_000,
  /** Megabytes of heap of a thread that reads files. */
  extractionHeapMegabytes: 512,
  /** Bytes of a document that must be held in memory to be read. */
  documentBytesMax: 128 * 1024 * 1024,
  /** Megabytes by which the process may grow while a file is read. */
  extractionGrowthMegabytes: 1_536,
  /** Bytes that a packed document may unfold to, and pages of a document. */
  unpackedBytesMax: 256 * 1024 * 1024,
  documentPagesMax: 5_000,
  /** Bytes of text of one file. */
  documentTextBytesMax: 64 * 1024 * 1024,
  /** How long bytes are nobody's before they are deleted. */
  blobGraceMs: 600_000,
  /** How long a request may take to arrive whole: a large file comes over a slow line. */
  requestMs: 3_600_000,
  /** How long bytes that are being received or read may lie without being written to. Longer than either may take. */
  stagedMs: 2 * 3_600_000,
  /** How often a stream that has nothing to say shows that it lives; some clients give up after five seconds. */
  streamKeepAliveMs: 3_000,
  /** How long running work may take to finish when the server stops. */
  shutdownMs: 10_000,
} as const;
