import { hash } from 'node:crypto';
import type { ExecutionResult } from 'graphql';
import type { CacheStore, Entry } from '../../cache/types.ts';
import type { KeptAnswer } from '../../lib/kept-answer.ts';
import type { ResponseHeaders } from '../../upstream/response-headers.ts';
import type { OperationRun } from '../../telemetry/record.ts';
import type { RequestScope } from '../../upstream/types.ts';
import { AnswerEntry, readBody, returnedField, type Returned } from './answer-entry.ts';
import { readErrors } from './kept-errors.ts';

/** A result that may have been kept as text. */
export type Result = ExecutionResult & { readonly kept?: KeptAnswer };

/** What is sent with an answer; the same for all who get it. */
export interface Sending {
  readonly key: string;
  readonly store: Pick<CacheStore, 'encoded'>;
  readonly scope: RequestScope;
  /** Hears what came of the cache; undefined where nobody listens. */
  readonly run: OperationRun | undefined;
  /** Value of `vary`; `''` for none. */
  readonly vary: string;
  /** Whether the key is one caller's. */
  readonly isPrivate: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type Outcome = KeptAnswer['outcome'];

/** Undefined where nothing was brought back. */
export function returnedBy(responseHeaders: ResponseHeaders): Returned | undefined {
  const entries = responseHeaders.entries();
  if (entries.length === 0) return undefined;
  const returned: Record<string, string[]> = {};
  for (const [name, value] of entries) (returned[name] ??= []).push(value);
  return returned;
}

/** The result of an entry for one request. Its data is read from the text only where somebody looks at it. */
export function resultOf(entry: Entry, sending: Sending, outcome: Outcome): Result {
  const { returned, hasErrors } = readingOf(entry);
  if (returned) sending.scope.responseHeaders.collect(returned);
  const kept = new Kept(entry, sending, outcome);
  if (hasErrors) {
    const { data, errors } = readBody(entry);
    return { data, errors: readErrors(errors ?? []), kept };
  }
  let parsed: ExecutionResult['data'];
  return {
    get data() {
      return (parsed ??= readBody(entry).data);
    },
    kept,
  };
}

/** The result of a run, as the others who get it from its entry. */
export function resultOfRun({ data = null, errors }: ExecutionResult, entry: Entry, sending: Sending): Result {
  const { returned } = readingOf(entry);
  if (returned) sending.scope.responseHeaders.collect(returned);
  const kept = new Kept(entry, sending, 'miss');
  return errors ? { data, errors, kept } : { data, kept };
}

/** A result that stands for one that could not be had, and says so. */
export function staleResultOf(entry: Entry, sending: Sending): Result {
  const { kept: _, ...result } = resultOf(entry, sending, 'stale');
  const cache = { stale: true, age: ageOf(entry, sending.now) };
  // Whoever gets what is not good any more is told, asked or not.
  const kept = new Kept(entry, sending, 'stale', { 'x-cache': 'stale' });
  return { ...result, kept, extensions: { cache } };
}

/** An entry, as it is sent for one request. */
class Kept implements KeptAnswer {
  readonly headers: KeptAnswer['headers'];
  readonly outcome: Outcome;
  readonly #entry: Entry;
  readonly #key: string;
  readonly #store: Sending['store'];

  constructor(entry: Entry, sending: Sending, outcome: Outcome, more?: KeptAnswer['headers']) {
    const headers = headersOf(entry, sending);
    this.headers = more ? { ...headers, ...more } : headers;
    this.outcome = outcome;
    if (sending.run) sending.run.cache = outcome;
    this.#entry = entry;
    this.#key = sending.key;
    this.#store = sending.store;
  }

  get text(): string | undefined {
    return this.#entry.text;
  }

  get body(): Uint8Array {
    return this.#entry.body;
  }

  etag(): string {
    return etagOf(this.#entry);
  }

  encoded(coding: Parameters<KeptAnswer['encoded']>[0]): ReturnType<KeptAnswer['encoded']> {
    return this.#store.encoded(this.#key, this.#entry, coding);
  }
}

/**
 * What other caches may do. An answer to a known caller is left to that caller's own: theirs cannot tell who may read it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2 | RFC 9111, 5.2.2 Response Directives}
 */
function headersOf(entry: Entry, { scope, vary, isPrivate, now }: Sending): KeptAnswer['headers'] {
  const { madeAt, freshUntil } = entry;
  const maxAge = `max-age=${Math.max(0, Math.floor((freshUntil - madeAt) / 1000))}`;
  const audience = isPrivate || scope.caller.isKnown ? 'private' : 'public';
  const headers: Record<string, string> = { 'cache-control': `${audience}, ${maxAge}`, age: String(ageOf(entry, now)) };
  if (vary !== '') headers['vary'] = vary;
  return headers;
}

/** What is made of an entry's headers and body is the same for all requests. */
interface Reading {
  readonly returned: Returned | undefined;
  readonly hasErrors: boolean;
}

const readings = new WeakMap<Entry, Reading>();

/** The etags of entries, which only answers by GET have. */
const etags = new WeakMap<Entry, string>();

function etagOf(entry: Entry): string {
  let etag = etags.get(entry);
  if (etag === undefined) {
    etag = `"${hash('sha256', entry.text ?? entry.body, 'base64url').slice(0, 27)}"`;
    etags.set(entry, etag);
  }
  return etag;
}

/** What this process has made says so itself: most of it is dropped soon, and weak maps cost when entries go. */
function readingOf(entry: Entry): Reading {
  if (entry instanceof AnswerEntry) return entry;
  const known = readings.get(entry);
  if (known) return known;
  const returned = entry.headers[returnedField];
  const reading: Reading = {
    returned: typeof returned === 'string' ? (JSON.parse(returned) as Returned) : undefined,
    hasErrors: isOfErrors(entry.body),
  };
  readings.set(entry, reading);
  return reading;
}

/** RFC 9111, 4.2.3, in whole seconds. */
function ageOf({ madeAt }: Entry, now: number): number {
  return Math.max(0, Math.floor((now - madeAt) / 1000));
}

const startOfErrors = Buffer.from('{"errors":');

/** The text of an entry begins with its errors, where there are any. */
function isOfErrors(body: Uint8Array): boolean {
  return startOfErrors.equals(body.subarray(0, startOfErrors.length));
}
