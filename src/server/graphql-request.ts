import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import { GatewayError } from '../errors.ts';
import { readBody } from './read-body.ts';

/** What one GraphQL request asks, checked for its shape and nothing more. */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly extensions?: Record<string, unknown>;
}

/**
 * Reads a GraphQL request from the query string of a GET or the JSON body of a POST.
 *
 * @see {@link https://graphql.github.io/graphql-over-http/draft/#sec-Request | GraphQL over HTTP, 5 Request}
 * @throws {GatewayError} `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, or `BAD_REQUEST` with what was expected and
 *   what came; `CLIENT_CLOSED_REQUEST` where the client leaves before the end.
 */
export async function readGraphqlRequest(req: IncomingMessage, maxBodyBytes: number): Promise<GraphqlRequest> {
  if (req.method === 'GET') return checkShape(readQueryString(req.url ?? ''));
  checkMediaType(req);
  const body = await readBody(req, maxBodyBytes);
  return checkShape(readJson('the request body', readUtf8(body)));
}

function readQueryString(url: string): Record<string, unknown> {
  const start = url.indexOf('?');
  const parameters = new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
  const fields: Record<string, unknown> = {};
  for (const name of ['query', 'operationName']) fields[name] = parameters.get(name) || undefined;
  for (const name of ['variables', 'extensions']) {
    const text = parameters.get(name);
    if (text) fields[name] = readJson(`"${name}"`, text);
  }
  return fields;
}

function checkMediaType({ headers }: IncomingMessage): void {
  const type = headers['content-type'];
  if (type !== 'application/json' && !isUtf8Json(type)) {
    throw new GatewayError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Expected "content-type: application/json", with no charset but utf-8, but got: ${type ?? 'none'}`,
    );
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new GatewayError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Expected a body without "content-encoding", but got: ${encoding}`,
    );
  }
}

function isUtf8Json(type: string | undefined): boolean {
  try {
    const { essence, params } = new MIMEType(type ?? '');
    return essence === 'application/json' && /^utf-?8$/i.test(params.get('charset') ?? 'utf-8');
  } catch {
    return false;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function readUtf8(body: Buffer): string {
  try {
    return decoder.decode(body);
  } catch (cause) {
    throw new GatewayError('BAD_REQUEST', 'Expected the request body to be UTF-8, but got other bytes.', { cause });
  }
}

function readJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const came = text === '' ? 'nothing' : 'text that is not JSON';
    throw new GatewayError('BAD_REQUEST', `Expected ${what} to be JSON, but got: ${came}`, { cause });
  }
}

function checkShape(value: unknown): GraphqlRequest {
  if (Array.isArray(value)) {
    throw new GatewayError('BAD_REQUEST', 'Expected one GraphQL request, but got: array. Batches are not supported.');
  }
  if (!isMap(value)) throw new GatewayError('BAD_REQUEST', `Expected a JSON object, but got: ${nameOf(value)}`);
  const { query, variables, operationName, extensions } = value;
  if (typeof query !== 'string') throw misshapen('query', 'a string', query);
  if (!isAbsent(variables) && !isMap(variables)) throw misshapen('variables', 'an object', variables);
  if (!isAbsent(operationName) && typeof operationName !== 'string') {
    throw misshapen('operationName', 'a string', operationName);
  }
  if (!isAbsent(extensions) && !isMap(extensions)) throw misshapen('extensions', 'an object', extensions);
  return {
    query,
    ...(isAbsent(variables) ? {} : { variables }),
    ...(isAbsent(operationName) ? {} : { operationName }),
    ...(isAbsent(extensions) ? {} : { extensions }),
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function misshapen(name: string, expected: string, value: unknown): GatewayError {
  return new GatewayError('BAD_REQUEST', `Expected "${name}" to be ${expected}, but got: ${nameOf(value)}`);
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
