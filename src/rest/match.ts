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
  const beginnings = new Set(compiled.map(({ segments }) => segments[0]));
  const takesAll = beginnings.has(undefined);
  return (method, target) => {
    // A request for GraphQL comes past here too: it need not be taken apart to find that no route begins so.
    const beginning = takesAll ? undefined : plainBeginning(target);
    if (beginning !== undefined && !beginnings.has(beginning)) return undefined;
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

/** The first segment of a path, where it is spelt as `plainSegment` spells it; undefined where it might not be. */
function plainBeginning(target: string): string | undefined {
  return /^\/([\w.~-]*)(?:[/?]|$)/.exec(target)?.[1];
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
