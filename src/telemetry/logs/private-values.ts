import { clientNetwork } from '../../lib/client-network.ts';
import type { LogConfig } from '../../config/telemetry-types.ts';
import type { OperationRun, RequestRecord } from '../record.ts';

/** What is written of values that clients sent, only where the configuration asks for it, and what stands for the rest. */

const redacted = '[redacted]';
const sensitive = '[sensitive]';
/** Longest text of one header or variable, in UTF-16 units. */
const maxValueLength = 1024;

/** Never written, whatever the configuration says. */
const credentialHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'proxy-authenticate',
  'set-cookie',
  'www-authenticate',
]);

export type Headers = Readonly<Record<string, string>>;

/** Gives the wanted ones of a request's headers; undefined where it has none of them. Undefined where none are wanted. */
export function createHeaderReader(
  wanted: readonly string[],
  { headers, queryParameters }: LogConfig['redact'],
): ((record: RequestRecord) => Headers | undefined) | undefined {
  const hidden = new Set(headers.map((name) => name.toLowerCase()));
  const names = wanted.map((name) => name.toLowerCase()).filter((name) => !credentialHeaders.has(name));
  if (names.length === 0) return undefined;
  const withoutParameters = createParameterRedactor(queryParameters);
  return ({ headers: sent }) => {
    let found: Record<string, string> | undefined;
    for (const name of names) {
      const value = sent[name];
      if (value === undefined) continue;
      found ??= {};
      found[name] = hidden.has(name)
        ? redacted
        : cut(withoutParameters(typeof value === 'string' ? value : value.join(', ')));
    }
    return found;
  };
}

/** URLs within URLs that are looked into; deeper ones are hidden whole. */
const maxDepth = 5;

/**
 * Hides the values of these query parameters in URLs within a text, such as `referer`; their names may be encoded. A text
 * with a URL that has one within its own query is hidden whole.
 */
function createParameterRedactor(names: readonly string[]): (text: string) => string {
  if (names.length === 0) return (text) => text;
  const hidden = new Set(names.map((name) => name.toLowerCase()));
  const hide = (text: string): string => {
    let shown = '';
    let at = 0;
    for (const { 0: start, 1: name = '', index } of text.matchAll(/[?&;#]([^=?&;#\s]+)=/g)) {
      if (index < at || !hidden.has(decoded(name).toLowerCase())) continue;
      const from = index + start.length;
      shown += `${text.slice(at, from)}${redacted}`;
      at = endOfValue(text, from);
    }
    return shown + text.slice(at);
  };
  return (text) => {
    const shown = hide(text);
    let within = shown;
    for (let depth = 0; depth < maxDepth; depth += 1) {
      const inner = unescaped(within);
      if (inner === within) return shown;
      if (hide(inner) !== inner) return redacted;
      within = inner;
    }
    return redacted;
  };
}

function endOfValue(text: string, from: number): number {
  const length = text.slice(from).search(/[&;#\s]/);
  return length < 0 ? text.length : from + length;
}

/** Without one level of percent-encoding, as far as it is of ASCII. */
function unescaped(text: string): string {
  return text.replaceAll(/%([0-7][\da-f])/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

/** The variables of a run; those that reach what is `@sensitive`, and long ones, by a word. Undefined where there are none. */
export function variablesOf({ operation, variables }: OperationRun): Readonly<Record<string, unknown>> | undefined {
  const entries = Object.entries(variables);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map(([name, value]) => [name, operation.sensitiveVariables.has(name) ? sensitive : bounded(value)]),
  );
}

function bounded(value: unknown): unknown {
  const length = (JSON.stringify(value) ?? '').length;
  return length <= maxValueLength ? value : `[${length} characters]`;
}

function cut(text: string): string {
  return text.length <= maxValueLength ? text : `${text.slice(0, maxValueLength)}…`;
}

/**
 * The network of a client without what tells hosts apart: the first 24 bits of an IPv4 address, the first 48 of an IPv6
 * one. Pure.
 *
 * @param address As sockets and `lib/forwarded-chain` write them.
 */
export function networkOf(address: string): string {
  const dotted = address.slice(address.lastIndexOf(':') + 1);
  // An IPv4 client on a socket of both families has `::ffff:` before it.
  if (dotted.includes('.')) return `${dotted.slice(0, dotted.lastIndexOf('.'))}.0/24`;
  return `${clientNetwork(address).split(':').slice(0, 3).join(':')}::/48`;
}
