import type { IncomingHttpHeaders } from 'node:http';
import type { CallerFact, HeaderRule } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import type { Caller } from '../identity/caller.ts';
import { hopByHopFields, isFieldName, isFieldValue, nominatedFields } from '../lib/http-fields.ts';
import { visibleValue } from './hidden.ts';
import { isTraceField } from '../lib/propagation.ts';
import { readClaim } from '../lib/read-claim.ts';
import type { RequestScope } from './types.ts';

/** Made by the HTTP client from the body and the connection. */
const clientMadeFields: ReadonlySet<string> = new Set([...hopByHopFields, 'content-length', 'expect']);

/** The `headers` of an upstream, checked. */
export interface HeaderRules {
  /** Names that a rule sets: a client's own copy of one is never used. */
  readonly names: ReadonlySet<string>;
  readonly fixed: readonly (readonly [name: string, value: string])[];
  readonly fromClient: readonly (readonly [name: string, header: string])[];
  readonly fromClaims: readonly (readonly [name: string, claim: string])[];
  readonly fromCaller: readonly (readonly [name: string, fact: CallerFact])[];
}

/**
 * Checks the `headers` of an upstream, once at start.
 *
 * @param rules By header name.
 * @throws {GatewayError} `CONFIGURATION_INVALID` for a name or value that cannot be a header, for headers that describe
 *   a connection, and for `x-request-id` and the headers of traces, which are the gateway's to send.
 */
export function compileHeaderRules(rules: Readonly<Record<string, HeaderRule>>): HeaderRules {
  const names = new Set<string>();
  const fixed: [string, string][] = [];
  const fromClient: [string, string][] = [];
  const fromClaims: [string, string][] = [];
  const fromCaller: [string, CallerFact][] = [];
  for (const [given, rule] of Object.entries(rules)) {
    const name = given.toLowerCase();
    checkName(given, name);
    if (names.has(name)) refuse(given, 'is given twice');
    names.add(name);
    switch (rule.from) {
      case 'value':
        if (!isFieldValue(rule.value)) refuse(given, 'has a value with characters that no header may have');
        fixed.push([name, rule.value.trim()]);
        break;
      case 'client':
        if (name === 'host') refuse(given, 'must not come from the client, who would choose the server by it');
        checkName(given, rule.header.toLowerCase());
        fromClient.push([name, rule.header.toLowerCase()]);
        break;
      case 'claims':
        fromClaims.push([name, rule.claim]);
        break;
      case 'caller':
        fromCaller.push([name, rule.fact]);
        break;
      default:
        rule satisfies never;
    }
  }
  return { names, fixed, fromClient, fromClaims, fromCaller };
}

/**
 * The headers of one call to an upstream: `x-request-id`, those of the trace, `extra`, and what the rules name. Nothing
 * else of the client's passes; nothing of its connection ever does, nor what its `connection` header nominates, nor what
 * `scope.hidden` names. A header whose claim is missing is not sent at all.
 *
 * @param extra By lower-case name, from the gateway's own code; wins over the rules.
 */
export function upstreamHeaders(
  rules: HeaderRules,
  scope: RequestScope,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { clientHeaders } = scope;
  scope.watch?.called(rules);
  const headers: Record<string, string> = { 'x-request-id': scope.requestId };
  Object.assign(headers, scope.trace.fields);
  const nominated = nominatedFields(clientHeaders.connection);
  for (const [name, value] of rules.fixed) headers[name] = value;
  addCallersHeaders(headers, rules, { scope, nominated });
  return Object.assign(headers, extra);
}

/** Whether some rule takes a value from the client, the claims or the caller. */
export function takesFromCallers({ fromClient, fromClaims, fromCaller }: HeaderRules): boolean {
  return fromClient.length + fromClaims.length + fromCaller.length > 0;
}

/** Of the headers of `upstreamHeaders`, those that rules take from the client, the claims or the caller. */
export function callersHeaders(rules: HeaderRules, scope: RequestScope): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  addCallersHeaders(headers, rules, { scope, nominated: nominatedFields(scope.clientHeaders.connection) });
  return headers;
}

interface Asking {
  readonly scope: RequestScope;
  readonly nominated: ReadonlySet<string>;
}

function addCallersHeaders(headers: Record<string, string>, rules: HeaderRules, { scope, nominated }: Asking): void {
  const { clientHeaders, caller } = scope;
  for (const [name, header] of rules.fromClient) {
    const given = nominated.has(header) ? undefined : clientValue(clientHeaders, header);
    const value = given === undefined ? undefined : visibleValue(header, given, scope.hidden);
    if (value !== undefined) headers[name] = value;
  }
  for (const [name, fact] of rules.fromCaller) {
    const value = factText(caller[fact]);
    if (value !== undefined) headers[name] = value;
  }
  for (const [name, claim] of rules.fromClaims) {
    const value = claimText(readClaim(caller.claims, claim));
    if (value !== undefined) headers[name] = value;
  }
}

function clientValue(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  const text = typeof value === 'object' ? value.join(', ') : value;
  return text !== undefined && isFieldValue(text) ? text : undefined;
}

/** Texts, numbers and booleans as they are, a list of them joined by commas. Anything else could be read in two ways. */
function claimText(claim: unknown): string | undefined {
  if (Array.isArray(claim)) {
    const parts = claim.map(claimText);
    return parts.every((part) => part !== undefined && !part.includes(',')) ? parts.join(',') : undefined;
  }
  if (typeof claim !== 'string' && typeof claim !== 'number' && typeof claim !== 'boolean') return undefined;
  const text = String(claim);
  return isFieldValue(text) ? text.trim() : undefined;
}

/** Scopes and roles with spaces between, as in a token (RFC 6749, 3.3). */
function factText(fact: Caller[CallerFact]): string | undefined {
  if (typeof fact === 'string' || fact === undefined) return claimText(fact);
  return fact.size === 0 ? undefined : claimText([...fact].join(' '));
}

function checkName(given: string, name: string): void {
  if (!isFieldName(name)) refuse(given, 'is not a header name');
  if (clientMadeFields.has(name)) refuse(given, `"${name}" is of one connection or one body and never passes`);
  if (name !== given.toLowerCase()) return;
  if (name === 'x-request-id' || name === 'traceparent' || name === 'tracestate') {
    refuse(given, 'is always sent and takes no rule');
  }
  if (isTraceField(name)) refuse(given, 'is of a trace and takes no rule: "telemetry.propagation" says what is sent');
}

function refuse(name: string, reason: string): never {
  throw new GatewayError('CONFIGURATION_INVALID', `header "${name}": ${reason}`);
}
