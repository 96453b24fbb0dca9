import { GatewayError } from '../../../errors.ts';
import type { ErrorCode, GatewayErrorOptions } from '../../../errors.ts';
import type { UpstreamConfig } from '../../../config/types.ts';
import { readPath } from '../../../lib/read-path.ts';
import type { UpstreamResponse } from '../../types.ts';
import type { RestCall } from './types.ts';

/** What came of a REST call that did not fail. `origin` names call and status for messages. */
export type Outcome =
  | { readonly kind: 'body'; readonly body: unknown; readonly origin: string }
  | { readonly kind: 'empty'; readonly origin: string }
  | { readonly kind: 'missing'; readonly origin: string; readonly error: GatewayError };

export interface AnsweredCall {
  readonly config: Pick<UpstreamConfig, 'name' | 'errors'>;
  readonly method: string;
  /** As declared, with placeholders: values may be personal data. */
  readonly path: string;
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'UNPROCESSABLE',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  409: 'CONFLICT',
  422: 'UNPROCESSABLE',
  429: 'UPSTREAM_RATE_LIMITED',
};

/**
 * Reads a REST response: 2xx gives its JSON, an empty body nothing, 404 says that there is none. Pure.
 *
 * @throws {GatewayError} for every other status by the README's table; `UPSTREAM_BAD_RESPONSE` for a body that is not
 *   JSON. Clients see of the error body what the upstream's `errors` allow.
 */
export function readOutcome(response: UpstreamResponse, call: AnsweredCall): Outcome {
  const { status } = response;
  const origin = `${call.method} ${call.path} answered ${status}`;
  if (status >= 200 && status < 300) {
    if (response.body.trim() === '') return { kind: 'empty', origin };
    return { kind: 'body', body: readJsonBody(response, { call, origin }), origin };
  }
  const options = { upstream: call.config.name, upstreamStatus: status, ...exposedOf(response, call.config.errors) };
  if (status === 404) return { kind: 'missing', origin, error: notFound(`${call.config.name}: ${origin}`, options) };
  throw new GatewayError(codeOf(status), `${call.config.name}: ${origin}${retryAfter(response)}`, options);
}

/** The message is for the client, so what was called stands in the cause. */
export function notFound(detail: string, options: GatewayErrorOptions): GatewayError {
  return new GatewayError('NOT_FOUND', 'Nothing was found.', { ...options, cause: new Error(detail) });
}

export interface BadResponse {
  readonly upstream: string;
  /** Call and status. */
  readonly origin: string;
  readonly what: string;
}

/** An answer that cannot be used; the message is for the log. */
export function badResponse({ upstream, origin, what }: BadResponse): GatewayError {
  return new GatewayError('UPSTREAM_BAD_RESPONSE', `${upstream}: ${origin}, but ${what}`, { upstream });
}

/** The list that a call's `items` name. @throws {GatewayError} `UPSTREAM_BAD_RESPONSE` when there is no list. */
export function listOf(outcome: Outcome, { upstream, items }: RestCall): readonly unknown[] {
  const body = outcome.kind === 'body' ? outcome.body : undefined;
  const list = items === undefined ? body : readPath(body, items.split('.'));
  if (Array.isArray(list)) return list;
  throw badResponse({
    upstream,
    origin: outcome.origin,
    what: `${items === undefined ? 'the body' : `"${items}"`} must be a list, but is ${kindOf(list)}`,
  });
}

/**
 * The part of a body that a call is after: at its `items` or `at`.
 *
 * @throws {GatewayError} `UPSTREAM_BAD_RESPONSE` when `items` is no list.
 */
export function bodyOf(outcome: Outcome & { readonly kind: 'body' }, call: RestCall): unknown {
  if (call.items !== undefined) return listOf(outcome, call);
  return call.at === undefined ? outcome.body : readPath(outcome.body, call.at.split('.'));
}

/** What a JSON value is, without its content. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function codeOf(status: number): ErrorCode {
  const code = codes[status];
  if (code !== undefined) return code;
  if (status >= 500) return 'UPSTREAM_FAILED';
  return status >= 400 ? 'UPSTREAM_REJECTED' : 'UPSTREAM_BAD_RESPONSE';
}

function retryAfter({ status, headers }: UpstreamResponse): string {
  const value = headers['retry-after'];
  // What is no number of seconds is told by nobody, and may be anything.
  return status === 429 && typeof value === 'string' && /^\d{1,9}$/.test(value) ? `, retry-after: ${value}` : '';
}

function readJsonBody(
  response: UpstreamResponse,
  { call, origin }: { readonly call: AnsweredCall; readonly origin: string },
): unknown {
  const bad = (what: string) =>
    new GatewayError('UPSTREAM_BAD_RESPONSE', `${call.config.name}: ${origin} with a body that is not JSON${what}`, {
      upstream: call.config.name,
      upstreamStatus: response.status,
    });
  if (!isJson(response)) {
    throw bad(`: content-type ${mediaType(response) || 'missing'}`);
  }
  try {
    return JSON.parse(response.body);
  } catch {
    // The parser's own message quotes the body, which may hold personal data.
    throw bad('');
  }
}

function mediaType({ headers }: UpstreamResponse): string {
  const [type = ''] = String(headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase();
}

/** `application/json` and every `+json` type (RFC 6839, 3.1). */
function isJson(response: UpstreamResponse): boolean {
  return /^application\/([\w.-]+\+)?json$/.test(mediaType(response));
}

/** What a client may read of a refusal. A 5xx is the upstream's own fault, and its text is about its inside. */
function exposedOf(response: UpstreamResponse, errors: UpstreamConfig['errors']): GatewayErrorOptions {
  if (response.status >= 500) return {};
  const body = isJson(response) ? parsedOrNothing(response.body) : undefined;
  if (body === undefined) return {};
  const at = (path: string | undefined) => (path === undefined ? undefined : readPath(body, path.split('.')));
  const message = at(errors.message);
  const code = at(errors.code);
  const details = at(errors.details);
  const exposed = {
    ...(typeof code === 'string' && { code }),
    ...(details !== undefined && details !== null && { details }),
  };
  return {
    ...(typeof message === 'string' && { exposedMessage: message }),
    ...(Object.keys(exposed).length > 0 && { exposed }),
  };
}

function parsedOrNothing(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
