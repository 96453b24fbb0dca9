import { hash } from 'node:crypto';
import type { ExecutionResult } from 'graphql';
import type { CacheStore, Entry } from '../../cache/types.ts';
import type { KeptAnswer } from '../../lib/kept-answer.ts';
import type { ResponseHeaders } from '../../upstream/response-headers.ts';
import type { RequestScope } from '../../upstream/types.ts';
import { readErrors, writeErrors } from './kept-errors.ts';

/** A result that may have been kept as text. */
export type Result = ExecutionResult & { readonly kept?: KeptAnswer };

/** Response headers that rules brought back from upstreams, by lower-case name. */
export type Returned = Readonly<Record<string, string[]>>;

export interface Times {
  readonly madeAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly staleIfErrorUntil: number;
}

export interface Answer {
  readonly result: ExecutionResult;
  readonly returned: Returned;
  readonly times: Times;
  readonly tags: readonly string[];
}

/** What is sent with an answer; the same for all who get it. */
export interface Sending {
  readonly key: string;
  readonly store: Pick<CacheStore, 'encoded'>;
  readonly scope: RequestScope;
  /** Value of `vary`; `''` for none. */
  readonly vary: string;
  /** Whether the key is one caller's. */
  readonly isPrivate: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type Outcome = KeptAnswer['outcome'];

const returnedField = 'weft-returned';

export function returnedBy(responseHeaders: ResponseHeaders): Returned {
  const returned: Record<string, string[]> = {};
  for (const [name, value] of responseHeaders.entries()) (returned[name] ??= []).push(value);
  return returned;
}

/** An entry of a result, whose text is made here and nowhere else. */
export function entryOf({ result: { data, errors }, returned, times, tags }: Answer): Entry {
  const kept = errors ? { errors: writeErrors(errors), data } : { data };
  const body = Buffer.from(JSON.stringify(kept));
  const headers = Object.keys(returned).length > 0 ? { [returnedField]: JSON.stringify(returned) } : {};
  return { status: 200, headers, body, ...times, tags };
}

/** An entry is read once: what is made of its headers is the same for all requests. */
interface Reading {
  /** Found out when it is first read: only answers by GET have one. */
  etag: string | undefined;
  readonly returned: Returned | undefined;
  readonly hasErrors: boolean;
  readonly maxAge: string;
}

const readings = new WeakMap<Entry, Reading>();

/** The result of an entry for one request. Its data is read from the text only where somebody looks at it. */
export function resultOf(entry: Entry, sending: Sending, outcome: Outcome): Result {
  const reading = readingOf(entry);
  if (reading.returned) sending.scope.responseHeaders.collect(reading.returned);
  const kept = keptAnswer(entry, sending, outcome);
  if (reading.hasErrors) {
    const { data, errors } = parseBody(entry.body);
    return { data, errors: readErrors(errors ?? []), kept };
  }
  let parsed: Body | undefined;
  return {
    get data() {
      return (parsed ??= parseBody(entry.body)).data;
    },
    kept,
  };
}

/** The result of a run, as the others who get it from its entry. */
export function resultOfRun(result: ExecutionResult, entry: Entry, sending: Sending): Result {
  const { returned } = readingOf(entry);
  if (returned) sending.scope.responseHeaders.collect(returned);
  return { ...result, kept: keptAnswer(entry, sending, 'miss') };
}

/** A result that stands for one that could not be had, and says so. */
export function staleResultOf(entry: Entry, sending: Sending): Result {
  const { kept, ...result } = resultOf(entry, sending, 'stale');
  const cache = { stale: true, age: ageOf(entry, sending.now) };
  // Whoever gets what is not good any more is told, asked or not.
  const told = kept && { ...kept, headers: { ...kept.headers, 'x-cache': 'stale' } };
  return { ...result, ...(told && { kept: told }), extensions: { cache } };
}

function keptAnswer(entry: Entry, sending: Sending, outcome: Outcome): KeptAnswer {
  const { key, store } = sending;
  const headers = headersOf(entry, sending);
  const { body } = entry;
  const etag = (): string => etagOf(entry);
  return { body, etag, encoded: (coding) => store.encoded(key, entry, coding), headers, outcome };
}

/**
 * What other caches may do. An answer to a known caller is left to that caller's own: theirs cannot tell who may read it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2 | RFC 9111, 5.2.2 Response Directives}
 */
function headersOf(entry: Entry, { scope, vary, isPrivate, now }: Sending): KeptAnswer['headers'] {
  const { maxAge } = readingOf(entry);
  const audience = isPrivate || scope.caller.isKnown ? 'private' : 'public';
  const headers: Record<string, string> = { 'cache-control': `${audience}, ${maxAge}`, age: String(ageOf(entry, now)) };
  if (vary !== '') headers['vary'] = vary;
  return headers;
}

function etagOf(entry: Entry): string {
  const reading = readingOf(entry);
  return (reading.etag ??= `"${hash('sha256', entry.body, 'base64url').slice(0, 27)}"`);
}

function readingOf(entry: Entry): Reading {
  const known = readings.get(entry);
  if (known) return known;
  const { headers, madeAt, freshUntil, body } = entry;
  const returned = headers[returnedField];
  const reading: Reading = {
    etag: undefined,
    returned: typeof returned === 'string' ? (JSON.parse(returned) as Returned) : undefined,
    hasErrors: isOfErrors(body),
    maxAge: `max-age=${Math.max(0, Math.floor((freshUntil - madeAt) / 1000))}`,
  };
  readings.set(entry, reading);
  return reading;
}

/** RFC 9111, 4.2.3, in whole seconds. */
function ageOf({ madeAt }: Entry, now: number): number {
  return Math.max(0, Math.floor((now - madeAt) / 1000));
}

interface Body {
  readonly data: NonNullable<ExecutionResult['data']> | null;
  readonly errors?: Parameters<typeof readErrors>[0];
}

const decoder = new TextDecoder();

function parseBody(body: Uint8Array): Body {
  return JSON.parse(decoder.decode(body)) as Body;
}

const startOfErrors = Buffer.from('{"errors":');

/** What `entryOf` writes begins with its errors, where there are any. */
function isOfErrors(body: Uint8Array): boolean {
  return startOfErrors.equals(body.subarray(0, startOfErrors.length));
}
