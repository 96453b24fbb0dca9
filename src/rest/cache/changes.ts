import { invalidatedPaths, invalidates, uriTag } from '../../cache/http/invalidation.ts';
import type { RouteCacheConfig } from '../../config/cache-types.ts';
import type { StreamResponse } from '../../upstream/stream.ts';
import type { Exchange } from './exchange.ts';
import { keptQuery } from './kept-query.ts';

/** The `key.query` of each route that keeps answers of one upstream, no two alike. By each of them a URI has another tag. */
export type KeptQueries = readonly RouteCacheConfig['key']['query'][];

/**
 * Tags of what is no longer good once the upstream has given this answer, whichever of its routes keeps it. Undefined where
 * the request has changed nothing.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.4 | RFC 9111, 4.4 Invalidating Stored Responses}
 */
export function changedTags(
  { req, upstream, path }: Exchange,
  { status, headers }: StreamResponse,
  queries: KeptQueries,
): readonly string[] | undefined {
  if (!invalidates(req.method ?? '', status)) return undefined;
  const paths = invalidatedPaths(path, headers, upstream.targets);
  const tags = paths.flatMap((changed) => queries.map((names) => uriTag(upstream.name, keptQuery(changed, names))));
  return [...new Set(tags)];
}
