import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import { GatewayError } from '../errors.ts';
import type { AskedDocument } from '../persisted/types.ts';
import { idParameters, readDocumentId, readSha256 } from './asked-document.ts';
import { documentIdOf } from './document-path.ts';
import { readBody } from './read-body.ts';
import { isAbsent, isMap, misshapen, nameOf } from './shape.ts';

/** What one GraphQL request asks, checked for its shape and nothing more. */
export interface GraphqlRequest extends AskedDocument {
  /** Empty where none came. */
  readonly variables: Record<string, unknown>;
  readonly operationName: string | undefined;
  readonly extensions: Record<string, unknown> | undefined;
}

/** A request whose document is at hand. */
export interface RunnableRequest extends GraphqlRequest {
  readonly query: string;
}

/** Several requests that came as one; what is no GraphQL request is an error in its place. At least one. */
export interface GraphqlBatch {
  readonly batch: readonly (GraphqlRequest | GatewayError)[];
}

export interface RequestLimits {
  /** Bytes of a body. */
  readonly maxBodyBytes: number;
  /** Most requests of a batch; 0: batches are refused. */
  readonly maxBatch: number;
  /** The GraphQL path, where the id of a document may follow it; undefined where none may. */
  readonly idsFollow: string | undefined;
}

/**
 * Reads a GraphQL request from the query string of a GET or the JSON body of a POST, or a batch from the latter.
 * At once (no promise) for a GET.
 *
 * @see {@link https://graphql.github.io/graphql-over-http/draft/#sec-Request | GraphQL over HTTP, 5 Request}
 * @throws {GatewayError} `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `BATCH_TOO_LARGE`, or `BAD_REQUEST` with what
 *   was expected and what came; `CLIENT_CLOSED_REQUEST` where the client leaves before the end. Thrown or rejected.
 */
export function readGraphqlRequest(
  req: IncomingMessage,
  limits: RequestLimits,
): GraphqlRequest | Promise<GraphqlRequest | GraphqlBatch> {
  const { url = '', method } = req;
  return method === 'GET' ? readOne(readQueryString(url), idInPath(url, limits)) : readPost(req, limits);
}

async function readPost(req: IncomingMessage, limits: RequestLimits): Promise<GraphqlRequest | GraphqlBatch> {
  const { url = '' } = req;
  checkMediaType(req);
  const body = await readBody(req, limits.maxBodyBytes);
  const value = readJson('the request body', readUtf8(body));
  return Array.isArray(value) ? readBatch(value, idInPath(url, limits), limits) : readOne(value, idInPath(url, limits));
}

function idInPath(url: string, { idsFollow }: RequestLimits): string | undefined {
  return idsFollow === undefined ? undefined : documentIdOf(url, idsFollow);
}

const texts = ['query', 'operationName', ...idParameters] as const;

function readQueryString(url: string): Record<string, unknown> {
  const start = url.indexOf('?');
  const parameters = new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
  const fields: Record<string, unknown> = {};
  for (const name of texts) fields[name] = parameters.get(name) || undefined;
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

function readBatch(values: readonly unknown[], id: string | undefined, { maxBatch }: RequestLimits): GraphqlBatch {
  if (maxBatch === 0) {
    throw new GatewayError('BAD_REQUEST', 'Expected one GraphQL request, but got: array. Batches are not supported.');
  }
  if (id !== undefined) {
    throw new GatewayError('BAD_REQUEST', 'Expected one GraphQL request for a document in the path, but got: array');
  }
  if (values.length === 0) {
    throw new GatewayError('BAD_REQUEST', 'Expected a batch of one GraphQL request or more, but got: an empty array');
  }
  // Before any of them is looked at: what is refused whole must cost little.
  if (values.length > maxBatch) {
    throw new GatewayError(
      'BATCH_TOO_LARGE',
      `Expected a batch of at most ${maxBatch} GraphQL requests, but got: ${values.length}`,
    );
  }
  return { batch: values.map(readOrRefuse) };
}

function readOrRefuse(value: unknown): GraphqlRequest | GatewayError {
  try {
    return readOne(value, undefined);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

function readOne(value: unknown, idInItsPath: string | undefined): GraphqlRequest {
  if (!isMap(value)) throw new GatewayError('BAD_REQUEST', `Expected a JSON object, but got: ${nameOf(value)}`);
  const { query, variables, operationName, extensions } = value;
  if (!isAbsent(variables) && !isMap(variables)) throw misshapen('variables', 'an object', variables);
  if (!isAbsent(operationName) && typeof operationName !== 'string') {
    throw misshapen('operationName', 'a string', operationName);
  }
  if (!isAbsent(extensions) && !isMap(extensions)) throw misshapen('extensions', 'an object', extensions);
  const id = readDocumentId(value, idInItsPath);
  const sha256 = readSha256(extensions);
  return {
    query: readQuery(query, id !== undefined || sha256 !== undefined),
    id,
    sha256,
    variables: variables ?? {},
    operationName: operationName ?? undefined,
    extensions: extensions ?? undefined,
  };
}

function readQuery(query: unknown, isNamed: boolean): string | undefined {
  if (isNamed && (isAbsent(query) || query === '')) return undefined;
  if (typeof query !== 'string') throw misshapen('query', 'a string', query);
  return query;
}
