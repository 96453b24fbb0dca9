import type { ResponseHeaderRule } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import { mostRestrictiveCacheControl } from '../lib/cache-control.ts';
import { hopByHopFields, isFieldName, isFieldValue, nominatedFields } from '../lib/http-fields.ts';

type HeaderEntry = readonly [name: string, value: string];

const none: readonly HeaderEntry[] = [];

type HearHeaders = (headers: Readonly<Record<string, string | string[]>>) => void;

type Rules = Readonly<Record<string, ResponseHeaderRule>>;

/** These tell of one upstream's body or connection, which are not the ones that the client gets. */
const neverReturned: ReadonlySet<string> = new Set([
  ...hopByHopFields,
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
]);

/**
 * Checks `responseHeaders` of the configuration, once at start.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for a name that is no header name or can never come back, and for
 *   `most-restrictive` on anything but `cache-control`, the one header for which "most restrictive" has a meaning.
 */
export function checkResponseHeaderRules(rules: Rules): void {
  for (const [name, rule] of Object.entries(rules)) {
    const refuse = (reason: string): never => {
      throw new GatewayError('CONFIGURATION_INVALID', `"responseHeaders.${name}": ${reason}`);
    };
    if (!isFieldName(name) || name !== name.toLowerCase()) refuse('must be a header name in lower case');
    if (neverReturned.has(name)) refuse('is of one connection or one body, and never comes back from an upstream');
    if (rule === 'most-restrictive' && name !== 'cache-control') {
      refuse('"most-restrictive" is for "cache-control" only; use "append" or "first"');
    }
  }
}

/**
 * Collects, over all upstream calls of one client request, the response headers that the configuration lets back.
 * `append` keeps every value of every call, `first` those of the first call that has the header; `most-restrictive`
 * merges `cache-control`, where a call without one allows no reuse. Values are never joined, so several `set-cookie`
 * stay several. Headers of the connection and of the body never come back, whatever the rules say.
 */
export class ResponseHeaders {
  readonly #rules: Rules;
  readonly #names: readonly string[];
  readonly #values = new Map<string, string[]>();
  readonly #cacheControl: (string | undefined)[] = [];
  readonly #hear: HearHeaders | undefined;

  /**
   * @param rules By lower-case header name; checked by `checkResponseHeaderRules`.
   * @param hear Is told the headers of every response, whatever the rules say. Default: nobody.
   */
  constructor(rules: Rules, hear?: HearHeaders) {
    this.#rules = rules;
    this.#names = Object.keys(rules);
    this.#hear = hear;
  }

  /** An empty collection by the same rules: for a run that several requests may wait for, or for one event of many. */
  fork(hear?: HearHeaders): ResponseHeaders {
    return new ResponseHeaders(this.#rules, hear);
  }

  /** Takes in the headers of one upstream response: lower-case names, repeated headers as lists. */
  collect(headers: Readonly<Record<string, string | string[]>>): void {
    this.#hear?.(headers);
    if (this.#names.length === 0) return;
    const nominated = nominatedFields(headers['connection']);
    for (const name of this.#names) {
      if (neverReturned.has(name) || nominated.has(name)) continue;
      const found = Object.hasOwn(headers, name) ? headers[name] : undefined;
      if (this.#rules[name] === 'most-restrictive') {
        this.#cacheControl.push(typeof found === 'object' ? found.join(',') : found);
      } else if (found !== undefined) {
        this.#keep(name, typeof found === 'string' ? [found] : found);
      }
    }
  }

  /** Name and value of each header to add to the client's response; a name may come several times. */
  entries(): readonly HeaderEntry[] {
    if (this.#values.size === 0 && this.#cacheControl.length === 0) return none;
    const entries = [...this.#values].flatMap(([name, values]) => values.map((value): HeaderEntry => [name, value]));
    const cacheControl = mostRestrictiveCacheControl(this.#cacheControl);
    if (cacheControl !== undefined) entries.push(['cache-control', cacheControl]);
    return entries;
  }

  #keep(name: string, values: readonly string[]): void {
    const kept = this.#values.get(name);
    const sound = values.filter(isFieldValue);
    if (kept === undefined) this.#values.set(name, sound);
    else if (this.#rules[name] === 'append') kept.push(...sound);
  }
}
