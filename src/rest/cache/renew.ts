import { entryHeadOf, type EntryHead } from '../../cache/http/entry-of.ts';
import { validationFields } from '../../cache/http/conditions.ts';
import { freshenedFields, isAbout } from '../../cache/http/freshen.ts';
import { uriTag } from '../../cache/http/invalidation.ts';
import { fieldText, type HttpFields } from '../../cache/http/messages.ts';
import { errorStatuses } from '../../cache/http/stale.ts';
import type { CacheStore, Entry, Stamp } from '../../cache/types.ts';
import type { RouteCacheConfig } from '../../config/cache-types.ts';
import { GatewayError } from '../../errors.ts';
import type { StreamResponse } from '../../upstream/stream.ts';
import type { Exchange } from './exchange.ts';
import type { RouteKey } from './keys.ts';
import { keep, namesFor, type Looked } from './variants.ts';

export interface RenewTools {
  readonly config: RouteCacheConfig;
  readonly store: CacheStore;
  readonly now: () => number;
  readonly maxEntryBytes: number;
}

export interface Renewing {
  readonly exchange: Exchange;
  readonly key: RouteKey;
  /** What was found, which is not good enough as it is. */
  readonly looked: Looked;
  /** Whether the client's own conditions go to the upstream where there is nothing to ask about. */
  readonly keepsConditions: boolean;
  readonly signal: AbortSignal;
}

export type Renewed =
  /** An answer to be kept once its body is whole. */
  | { readonly is: 'coming'; readonly response: StreamResponse; readonly onWhole: (body: Buffer) => void }
  /** The upstream says that the kept answer holds. */
  | { readonly is: 'validated'; readonly entry: Entry; readonly isKept: boolean }
  /** The upstream failed; the kept answer stands in. */
  | { readonly is: 'stood-in'; readonly entry: Entry }
  /** An answer that is not kept; `isUnasked`: the client's own conditions were not sent. */
  | { readonly is: 'passing'; readonly response: StreamResponse; readonly isUnasked: boolean };

/**
 * Asks the upstream: whether a kept answer still holds where there is one with a validator, else for a new one.
 *
 * @throws {GatewayError} As `Stream`, where no kept answer may stand in.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.3.3 | RFC 9111, 4.3.3 Handling a Validation Response}
 */
export async function renew(tools: RenewTools, renewing: Renewing): Promise<Renewed> {
  const { entry } = renewing.looked;
  const conditions = entry && validationFields(entry.headers);
  const first = await callOnce(
    tools,
    renewing,
    conditions ?? (entry === undefined && renewing.keepsConditions ? undefined : {}),
  );
  if (first.is === 'failed') return standIn(tools, entry, first.error);
  const { response } = first;
  if (entry === undefined || conditions === undefined || response.status !== 304) return judge(tools, renewing, first);
  response.body.resume();
  if (isAbout(entry.headers, response.headers)) return validated(tools, renewing, { ...first, entry });
  const second = await callOnce(tools, renewing, {});
  return second.is === 'failed' ? standIn(tools, entry, second.error) : judge(tools, renewing, second);
}

export interface Answered {
  readonly is: 'answered';
  readonly response: StreamResponse;
  readonly requestedAt: number;
  readonly receivedAt: number;
  /** From before the call: what was made invalid meanwhile is not kept. */
  readonly since: Stamp;
}

type Called = Answered | { readonly is: 'failed'; readonly error: unknown };

async function callOnce(
  { store, now }: RenewTools,
  { exchange, signal }: Renewing,
  conditions: Readonly<Record<string, string>> | undefined,
): Promise<Called> {
  const since = store.stamp();
  const requestedAt = now();
  try {
    const response = await exchange.call({ method: 'GET', conditions, signal });
    return { is: 'answered', response, requestedAt, receivedAt: now(), since };
  } catch (error) {
    return { is: 'failed', error };
  }
}

const failures: ReadonlySet<string> = new Set(['UPSTREAM_UNREACHABLE', 'UPSTREAM_TIMEOUT', 'UPSTREAM_BAD_RESPONSE']);

/** Whether the upstream is to blame: any other request would have come to the same. */
export function isUpstreamFailure(error: unknown): error is GatewayError {
  return error instanceof GatewayError && failures.has(error.code);
}

/**
 * RFC 5861, 4: an upstream that cannot be reached is an error as well as one that says so.
 *
 * @throws The error, where no kept answer may stand in.
 */
export function standIn(
  { now }: Pick<RenewTools, 'now'>,
  entry: Entry | undefined,
  error: unknown,
): { readonly is: 'stood-in'; readonly entry: Entry } {
  if (!isUpstreamFailure(error) || entry === undefined || now() >= entry.staleIfErrorUntil) throw error;
  return { is: 'stood-in', entry };
}

function judge(tools: RenewTools, renewing: Renewing, answered: Answered): Renewed {
  const { response } = answered;
  const { key, entry } = renewing.looked;
  if (entry !== undefined && errorStatuses.has(response.status) && tools.now() < entry.staleIfErrorUntil) {
    response.body.destroy();
    return { is: 'stood-in', entry };
  }
  const head = headOf(tools, renewing, { ...answered, ...response });
  const names = head && namesFor(head.headers, renewing.looked.names);
  if (head === undefined || names === undefined || !mayFit(response, tools.maxEntryBytes)) {
    // A new answer takes the place of the old one, kept or not.
    if (entry !== undefined && response.status < 500 && response.status !== 304) tools.store.delete(key);
    return { is: 'passing', response, isUnasked: entry !== undefined || !renewing.keepsConditions };
  }
  const keeping = { ...renewing, names, since: answered.since };
  return { is: 'coming', response, onWhole: (body) => keep(tools.store, { ...head, body }, keeping) };
}

interface Headed extends Omit<Answered, 'is' | 'response'> {
  readonly status: number;
  readonly headers: HttpFields;
}

function headOf({ config }: RenewTools, { exchange, key }: Renewing, answer: Headed): EntryHead | undefined {
  const { route, upstream } = exchange;
  // An event stream never becomes whole.
  if (/^text\/event-stream\b/i.test(fieldText(answer.headers, 'content-type') ?? '')) return undefined;
  const { hasCredentials, isOfOneCaller } = key;
  const tags = [`route:${route.path}`, uriTag(upstream.name, key.path)];
  return entryHeadOf({ method: 'GET', hasCredentials, isOfOneCaller }, answer, { rules: config, tags });
}

function mayFit({ headers }: StreamResponse, maxBytes: number): boolean {
  const length = headers['content-length'];
  return length === undefined || Number(length) <= maxBytes;
}

function validated(tools: RenewTools, renewing: Renewing, came: Answered & { readonly entry: Entry }): Renewed {
  const { entry, response } = came;
  const updated = updateEntry(tools, renewing, came);
  if (updated !== undefined) return { is: 'validated', entry: updated, isKept: true };
  const cookies = response.headers['set-cookie'];
  const fields = freshenedFields(entry.headers, response.headers, came.receivedAt);
  const headers = cookies === undefined ? fields : { ...fields, 'set-cookie': cookies };
  return { is: 'validated', entry: { ...entry, headers, madeAt: came.receivedAt }, isKept: false };
}

/**
 * Brings a kept answer up to date by the fields of a 304, or of an answer to HEAD that fits it; what these forbid to keep is
 * kept no longer, and the result is undefined.
 */
export function updateEntry(
  tools: RenewTools,
  renewing: Renewing,
  { entry, response, ...came }: Omit<Answered, 'is'> & { readonly entry: Entry },
): Entry | undefined {
  const fields = freshenedFields(entry.headers, response.headers, came.receivedAt);
  const { age, 'set-cookie': cookies } = response.headers;
  const headers = { ...fields, ...(age !== undefined && { age }), ...(cookies && { 'set-cookie': cookies }) };
  const head = headOf(tools, renewing, { ...came, status: entry.status, headers });
  const names = head && namesFor(head.headers, renewing.looked.names);
  if (head === undefined || names === undefined) {
    tools.store.delete(renewing.looked.key);
    return undefined;
  }
  const updated = { ...head, body: entry.body };
  keep(tools.store, updated, { ...renewing, names, since: came.since });
  return updated;
}
