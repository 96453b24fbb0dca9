import type { RouteConfig } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import { hasDotDot, isPlainPath, plainSegment, readRequestTarget } from './request-target.ts';

/** A request that a route serves. */
export interface ServedMatch {
  readonly kind: 'served';
  readonly route: RouteConfig;
  /** Path and query for the upstream: the prefix is off, the rest is as it came. */
  readonly path: string;
  /** Host and port of an absolute request target, which stands above the `host` field (RFC 9112, 3.2.2). */
  readonly authority: string | undefined;
}

/** A request under a route's path that is not passed on. */
export interface RefusedMatch {
  readonly kind: 'refused';
  readonly route: RouteConfig;
  readonly error: GatewayError;
  /** For the response; a 405 names the methods served. */
  readonly headers: Readonly<Record<string, string>>;
}

export type RouteMatch = ServedMatch | RefusedMatch;

/** Finds the route of a request; `undefined` where no route has its path. */
export type MatchRoute = (method: string, target: string) => RouteMatch | undefined;

interface CompiledRoute {
  readonly route: RouteConfig;
  readonly segments: readonly string[];
  /** How many leading segments `stripPrefix` takes off. */
  readonly stripped: number;
}

/**
 * Matches by the longest path on whole segments; the order of `routes` does not matter.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for two routes with one path, or a `stripPrefix` that is no prefix of
 *   the route's path.
 */
export function createMatcher(routes: readonly RouteConfig[]): MatchRoute {
  if (routes.length === 0) return () => undefined;
  const compiled = routes.map(compileRoute).toSorted((a, b) => b.segments.length - a.segments.length);
  checkDistinct(compiled);
  return (method, target) => {
    const read = readRequestTarget(target);
    if (read === undefined) return undefined;
    const segments = read.path.split('/').slice(1);
    const plain = segments.map(plainSegment);
    const found = compiled.find((one) => startsWith(plain, one.segments));
    if (found === undefined) return undefined;
    const { route, stripped } = found;
    if (hasDotDot(read.path) || !isPlainPath(target)) {
      const error = new GatewayError('BAD_REQUEST', 'The path must not hold ".." or characters that no URI may hold.');
      return { kind: 'refused', route, error, headers: {} };
    }
    if (!route.methods.includes(method)) {
      const error = new GatewayError('METHOD_NOT_ALLOWED', `The method must be one of ${route.methods.join(', ')}.`);
      return { kind: 'refused', route, error, headers: { allow: route.methods.join(', ') } };
    }
    const path = segments.slice(stripped).map((segment) => `/${segment}`);
    return { kind: 'served', route, path: path.join('') + read.query, authority: read.authority };
  };
}

function compileRoute(route: RouteConfig): CompiledRoute {
  const segments = segmentsOf(route.path);
  const prefix = segmentsOf(route.stripPrefix);
  if (!startsWith(segments, prefix)) {
    const message = `route "${route.path}": "stripPrefix" must be its path or a beginning of it, but got: ${route.stripPrefix}`;
    throw new GatewayError('CONFIGURATION_INVALID', message);
  }
  return { route, segments, stripped: prefix.length };
}

function checkDistinct(routes: readonly CompiledRoute[]): void {
  const seen = new Set<string>();
  for (const { route, segments } of routes) {
    const path = segments.join('/');
    if (seen.has(path)) throw new GatewayError('CONFIGURATION_INVALID', `route "${route.path}" is given twice`);
    seen.add(path);
  }
}

function segmentsOf(path: string): string[] {
  const bare = path.replace(/\/+$/, '');
  return bare === '' ? [] : bare.split('/').slice(1).map(plainSegment);
}

function startsWith(segments: readonly string[], prefix: readonly string[]): boolean {
  return prefix.length <= segments.length && prefix.every((segment, index) => segments[index] === segment);
}
