import { hash } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { valuesPart } from '../../cache/http/vary.ts';
import type { StorableAsked } from '../../cache/http/storable.ts';
import type { RouteCacheConfig } from '../../config/cache-types.ts';
import { isTraceField } from '../../lib/propagation.ts';
import { visibleValue } from '../../upstream/hidden.ts';
import { upstreamHeaders, type HeaderRules } from '../../upstream/request-headers.ts';
import type { RequestScope } from '../../upstream/types.ts';
import type { Exchange } from './exchange.ts';
import { keptQuery } from './kept-query.ts';

/** By what a request's answer is found, and what may be kept under it. */
export interface RouteKey extends Omit<StorableAsked, 'method'> {
  /** Of the answer where it does not vary, else of the names by which it does. */
  readonly primary: string;
  /** Path and query, as far as they count. */
  readonly path: string;
}

export interface KeyRules {
  readonly config: RouteCacheConfig['key'];
  /** Request fields by which an upstream may know who asks, lower case. */
  readonly credentials: readonly string[];
}

/**
 * The key of a request: all that its answer may depend on but what `vary` says. That is its URI with the host by which the
 * client asked (an upstream may write it into links: one client's `host` must not end in another's answer), the configured
 * fields, what the upstream's header rules make of client, claims and caller, and where so configured the caller.
 *
 * Keys are hashed: what is in them may be credentials.
 */
export function routeKey(exchange: Exchange, { config, credentials }: KeyRules): RouteKey {
  const { scope, upstream } = exchange;
  const rules = upstream.headerRules;
  const path = keptQuery(exchange.path, config.query);
  const isOfOneCaller = config.caller && scope.caller.id !== undefined;
  let text = `${constantPart(upstream.name, rules)}${originOf(exchange)} ${path.length}:${path}`;
  if (config.headers.length > 0) text += valuesPart(config.headers, sentFields(exchange, config.headers));
  text += rulesPart(rules, scope);
  if (isOfOneCaller) text += callerPart(scope.caller) + valuesPart(credentials, sentFields(exchange, credentials));
  const isLoose = (name: string): boolean => !config.headers.includes(name) && isSent(name, exchange);
  const hasCredentials = !isOfOneCaller && credentials.some(isLoose);
  return { primary: keyOf(text), path, hasCredentials, isOfOneCaller };
}

/** The key of one of several answers that differ by the request fields of these names. */
export function variantKey(primary: string, names: readonly string[], exchange: Exchange): string {
  return keyOf(primary + valuesPart(names, sentFields(exchange, names)));
}

/**
 * Whether requests of one primary key may still differ by a field without our telling: the gateway writes these anew for
 * each request.
 */
export function canTellApart(name: string): boolean {
  return !madeAnew.has(name) && !isTraceField(name);
}

const madeAnew: ReadonlySet<string> = new Set(['forwarded', 'via', 'x-forwarded-for', 'x-request-id']);

function keyOf(text: string): string {
  return `rest:${hash('sha256', text, 'base64url')}`;
}

/** Fields of which Node.js keeps the first of several, while all of them are passed on. */
const firstOnly: ReadonlySet<string> = new Set([
  ...['authorization', 'content-type', 'from', 'max-forwards', 'referer', 'user-agent'],
]);

/** The client's fields of these names, as far as the upstream sees them. What rules make is in the primary key. */
function sentFields({ req, scope, upstream }: Exchange, names: readonly string[]): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const name of names) {
    if (upstream.headerRules.names.has(name)) continue;
    const given = firstOnly.has(name) ? req.headersDistinct[name] : req.headers[name];
    const text = typeof given === 'object' ? given.join(', ') : given;
    const value = text === undefined ? undefined : visibleValue(name, text, scope.hidden);
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}

/** Whether the upstream sees the client's own field of this name. */
function isSent(name: string, { req, scope, upstream }: Exchange): boolean {
  const given = req.headers[name];
  if (given === undefined || upstream.headerRules.names.has(name)) return false;
  return visibleValue(name, String(given), scope.hidden) !== undefined;
}

function originOf({ req, scope, authority }: Exchange): string {
  const { client } = scope;
  const host = client?.host ?? authority ?? req.headers.host ?? '';
  const protocol = client?.protocol ?? (req.socket instanceof TLSSocket ? 'https' : 'http');
  return `${protocol}://${host.length}:${host.toLowerCase()}`;
}

const constantParts = new WeakMap<HeaderRules, string>();

/** Instances whose upstreams are sent other fixed fields (a tenant, a version) do not share answers. */
function constantPart(upstream: string, rules: HeaderRules): string {
  const known = constantParts.get(rules);
  if (known !== undefined) return known;
  const part = `${hash('sha256', JSON.stringify([upstream, rules.fixed]), 'base64url')} `;
  constantParts.set(rules, part);
  return part;
}

function rulesPart(rules: HeaderRules, scope: RequestScope): string {
  if (rules.fromClient.length + rules.fromCaller.length + rules.fromClaims.length === 0) return '';
  const names = [...rules.fromClient, ...rules.fromCaller, ...rules.fromClaims].map(([name]) => name);
  return valuesPart(names, upstreamHeaders(rules, scope));
}

const callerParts = new WeakMap<RequestScope['caller'], string>();

/** Two tokens of one subject may differ in what they allow. */
function callerPart(caller: RequestScope['caller']): string {
  const known = callerParts.get(caller);
  if (known !== undefined) return known;
  const { id, provider, tier, scopes, roles } = caller;
  const part = JSON.stringify([id, provider, tier, [...scopes].toSorted(), [...roles].toSorted()]);
  callerParts.set(caller, part);
  return part;
}
