import type { Caller } from '../identity/caller.ts';

/** What a request says of its document. Empty texts count as absent. */
export interface AskedDocument {
  readonly query: string | undefined;
  /** Id of a trusted document: `documentId`, `id`, `doc_id` or the last segment of the path. */
  readonly id: string | undefined;
  /** `extensions.persistedQuery.sha256Hash`, lower-case hexadecimal, of an automatic persisted query (version 1). */
  readonly sha256: string | undefined;
}

export interface AskingRequest {
  readonly caller: Caller;
  readonly requestId: string;
}

/** Finds the text that a request means. */
export interface PersistedOperations {
  /**
   * The document to run. At once (no promise) where memory knows.
   *
   * @throws {GatewayError} `PERSISTED_QUERY_NOT_FOUND`, `PERSISTED_QUERY_NOT_SUPPORTED`, `PERSISTED_QUERY_MISMATCH`,
   *   `OPERATION_NOT_TRUSTED`, `BAD_REQUEST`. Thrown or rejected.
   */
  readonly resolve: (asked: AskedDocument, request: AskingRequest) => string | Promise<string>;
  readonly close: () => Promise<void>;
}
