import { GatewayError } from '../errors.ts';

/** The path of a request target, which a proxy's client may send as a whole URL (RFC 9112, 3.2.2). */
export function pathOf(target: string): string {
  const [path = ''] = target.split('?', 1);
  if (path.startsWith('/')) return path;
  return path.replace(/^https?:\/\/[^/]*/i, '') || '/';
}

/** Whether `path` is the GraphQL path and one segment, which names a document: `/graphql/<id>`. */
export function namesDocument(path: string, graphqlPath: string): boolean {
  const start = startOfId(graphqlPath);
  return path.length > start && path.startsWith(graphqlPath) && path[start - 1] === '/' && !path.includes('/', start);
}

/**
 * The id of the document that a request target names below the GraphQL path; undefined where it names none.
 *
 * @throws {GatewayError} `BAD_REQUEST` where it is not percent-encoded UTF-8.
 */
export function documentIdOf(target: string, graphqlPath: string): string | undefined {
  // The usual target of a POST, which need not be taken apart.
  if (target === graphqlPath) return undefined;
  const path = pathOf(target);
  if (!namesDocument(path, graphqlPath)) return undefined;
  try {
    return decodeURIComponent(path.slice(startOfId(graphqlPath)));
  } catch (cause) {
    throw new GatewayError(
      'BAD_REQUEST',
      'Expected the document id in the path to be percent-encoded UTF-8, but got something else.',
      { cause },
    );
  }
}

function startOfId(graphqlPath: string): number {
  return graphqlPath.endsWith('/') ? graphqlPath.length : graphqlPath.length + 1;
}
