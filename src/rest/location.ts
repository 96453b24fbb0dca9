import type { RouteConfig } from '../config/types.ts';
import { hasDotDot } from './request-target.ts';
import type { MatchRoute } from './match.ts';

/** Turns a `location` of an upstream into one that leads back through the gateway. */
export type RewriteLocation = (location: string, route: RouteConfig) => string;

/**
 * A location that is one of the upstream's own, by whole URL or by path from the root, becomes the public path that leads
 * there. One that no route of the same upstream would serve stays as it is, and so do relative paths, which the client
 * resolves against the public path that it asked for, and other servers' URLs.
 *
 * @param targetsOf Base URLs of an upstream by name, without a trailing slash.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2 | RFC 9110, 10.2.2 Location}
 */
export function createLocationRewriter(
  match: MatchRoute,
  targetsOf: (upstream: string) => readonly string[],
): RewriteLocation {
  return (location, route) => {
    for (const target of targetsOf(route.upstream)) {
      const path = pathBelow(location, new URL(target));
      if (path === undefined) continue;
      const publicPath = publicPathOf(path, route, match);
      if (publicPath !== undefined) return publicPath;
    }
    return location;
  };
}

/** Path, query and fragment below a target's base path; `undefined` for what is not below it. */
function pathBelow(location: string, target: URL): string | undefined {
  // A path from the root, but not `//host`, which is another server.
  const isOwnPath = /^\/(?![/\\])/.test(location);
  if (!isOwnPath && !/^(?:https?:)?\/\//i.test(location)) return undefined;
  const url = URL.parse(location, target);
  if (url === null || url.origin !== target.origin || hasDotDot(url.pathname)) return undefined;
  const base = target.pathname.replace(/\/+$/, '');
  if (url.pathname !== base && !url.pathname.startsWith(`${base}/`)) return undefined;
  return url.pathname.slice(base.length) + url.search + url.hash;
}

/** The public path that the routes turn into `path` of the same upstream. */
function publicPathOf(path: string, route: RouteConfig, match: MatchRoute): string | undefined {
  const publicPath = route.stripPrefix + path;
  // Any method will do: the route of that path decides.
  const found = match(route.methods[0] ?? 'GET', publicPath.replace(/#.*$/s, ''));
  if (found?.kind !== 'served' || found.route.upstream !== route.upstream) return undefined;
  return found.route.stripPrefix === route.stripPrefix ? publicPath : undefined;
}
