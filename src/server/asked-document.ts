import { GatewayError } from '../errors.ts';
import { isAbsent, isMap, misshapen, nameOf } from './shape.ts';

/**
 * Where a request may name its document: the parameter of GraphQL over HTTP's persisted documents, and what clients of
 * Relay send.
 */
export const idParameters = ['documentId', 'id', 'doc_id'] as const;

/**
 * The id of the document that a request names, in whichever way it does; undefined where it names none.
 *
 * @param idInPath From the request's path.
 * @see {@link https://github.com/graphql/graphql-over-http/pull/264 | GraphQL over HTTP, Appendix A Persisted Documents}
 * @throws {GatewayError} `BAD_REQUEST` for an id that is no string, and for two that differ: caches and logs would
 *   know the answer by the one, and the gateway would run the other.
 */
export function readDocumentId(fields: Readonly<Record<string, unknown>>, idInPath?: string): string | undefined {
  let found = idInPath;
  let place = 'the path';
  for (const name of idParameters) {
    const id = fields[name];
    if (isAbsent(id) || id === '') continue;
    if (typeof id !== 'string') throw misshapen(name, 'a string', id);
    if (found !== undefined && found !== id) {
      throw new GatewayError('BAD_REQUEST', `Expected one document id, but got: one in ${place}, another in "${name}"`);
    }
    found = id;
    place = `"${name}"`;
  }
  return found;
}

const sha256 = /^[0-9a-f]{64}$/i;

/**
 * The hash of an automatic persisted query, in lower case; undefined where a request has none.
 *
 * @see {@link https://www.apollographql.com/docs/apollo-server/performance/apq | Automatic Persisted Queries}
 * @throws {GatewayError} `BAD_REQUEST` for another version than 1, and for a hash that is no SHA-256.
 */
export function readSha256(extensions: Readonly<Record<string, unknown>> | null | undefined): string | undefined {
  const persisted = extensions?.['persistedQuery'];
  if (isAbsent(persisted)) return undefined;
  if (!isMap(persisted)) throw misshapen('extensions.persistedQuery', 'an object', persisted);
  const { version, sha256Hash } = persisted;
  if (version !== 1) {
    const came = typeof version === 'number' ? version : nameOf(version);
    throw new GatewayError('BAD_REQUEST', `Expected "extensions.persistedQuery.version" to be 1, but got: ${came}`);
  }
  if (typeof sha256Hash !== 'string') throw misshapen('extensions.persistedQuery.sha256Hash', 'a string', sha256Hash);
  if (!sha256.test(sha256Hash)) {
    const came = `${sha256Hash.length} characters${sha256Hash.length === 64 ? ' of which some are none' : ''}`;
    throw new GatewayError(
      'BAD_REQUEST',
      `Expected "extensions.persistedQuery.sha256Hash" to be 64 hexadecimal digits, but got: ${came}`,
    );
  }
  return sha256Hash.toLowerCase();
}
