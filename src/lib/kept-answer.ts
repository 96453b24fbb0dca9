/** A body in a content coding. A string has one byte in each character (Latin-1): short ones are sent for less so. */
export type CodedBody = Uint8Array | string;

/** A GraphQL answer that is kept as text, as the server sends it. A result of the engine may hold one as `kept`. */
export interface KeptAnswer {
  /** JSON in UTF-8: the whole answer. */
  readonly body: Uint8Array;
  /** The same as text, where it is ASCII alone and at hand so: then it is to be sent, as `body` has still to be made. */
  readonly text?: string | undefined;
  /** Strong, with its quotes (RFC 9110, 8.8.3), of the body without coding. */
  readonly etag: () => string;
  /** The body in a content coding; made once and kept. */
  readonly encoded: (coding: 'br' | 'gzip' | 'zstd') => CodedBody | Promise<CodedBody>;
  /** `cache-control`, `age`, `vary` and what else belongs to the answer; lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** What came of the cache, for those who ask. */
  readonly outcome: 'hit' | 'miss' | 'stale' | 'bypass';
}
