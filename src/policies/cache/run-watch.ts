import type { Caller } from '../../identity/caller.ts';
import { readCacheControl } from '../../lib/cache-control.ts';
import { onceByKey } from '../../lib/once-by-key.ts';
import type { HeaderRules } from '../../upstream/request-headers.ts';
import type { RequestScope, RunWatch } from '../../upstream/types.ts';
import type { Vary } from '../../upstream/vary.ts';

export interface WatchOptions {
  /** What the answer's key holds of the caller's headers. */
  readonly vary: Vary;
  /** Whether the key is one caller's. */
  readonly isPrivate: boolean;
  /** Whether `cache-control` of upstream answers counts. */
  readonly obeysUpstreams: boolean;
}

type Headers = Readonly<Record<string, string | string[]>>;

/**
 * Hears what one run is made of: whether its answer may be kept and be given to others, and how long it holds. What the key
 * does not tell apart must not come into an answer that is kept.
 */
export class Watch implements RunWatch {
  readonly #options: WatchOptions;
  #mayKeep = true;
  #freshMs = Infinity;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Whether all that asks by the same key may have the answer. */
  get mayKeep(): boolean {
    return this.#mayKeep;
  }

  /** How long the upstreams let the answer be kept, in milliseconds; Infinity where they say nothing. */
  get freshMs(): number {
    return this.#freshMs;
  }

  readonly answered = (headers: Headers): void => {
    // A cookie is for one client (RFC 6265); two must not get one session.
    if (headers['set-cookie'] !== undefined) this.#mayKeep = false;
    if (!this.#options.obeysUpstreams) return;
    // RFC 9111, 4.1: such an answer fits no other request.
    if (textOf(headers['vary'])?.includes('*') === true) this.#mayKeep = false;
    const text = textOf(headers['cache-control']);
    if (text !== undefined) this.#obey(text, textOf(headers['age']));
  };

  readonly called = (rules: HeaderRules): void => {
    if (!this.#options.vary.covers(rules)) this.#mayKeep = false;
  };

  readonly callerRead = (caller: Caller): Caller => {
    const { claims } = caller;
    // Claims are no part of any key: they are as many as tokens.
    const forbid = (): void => {
      this.#mayKeep = false;
    };
    if (!this.#options.isPrivate) {
      forbid();
      return caller;
    }
    return {
      ...caller,
      get claims() {
        forbid();
        return claims;
      },
    };
  };

  /** @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2 | RFC 9111, 5.2.2 Response Directives} */
  #obey(text: string, age: string | undefined): void {
    const directives = readCacheControl(text);
    if (directives.has('no-store')) this.#mayKeep = false;
    if (directives.has('private') && !this.#options.isPrivate) this.#mayKeep = false;
    if (directives.has('no-cache')) this.#freshMs = 0;
    // RFC 9111, 5.2.2.10: a shared cache reads `s-maxage` in place of `max-age`.
    const lifetime = directives.get('s-maxage') ?? directives.get('max-age');
    if (lifetime === undefined) return;
    // RFC 9111, 4.2.1: what cannot be read is stale.
    const leftS = isSeconds(lifetime) ? Number(lifetime) - (isSeconds(age) ? Number(age) : 0) : 0;
    this.#freshMs = Math.min(this.#freshMs, Math.max(0, leftS * 1000));
  }
}

/**
 * The scope of a run whose answer is for more than one request: it hears of no client that leaves, its limits were charged
 * by who asked, and what it brings back is gathered by itself.
 */
export function detachedScope(scope: RequestScope, watch: RunWatch, signal: AbortSignal): RequestScope {
  const responseHeaders = scope.responseHeaders.fork(watch.answered);
  return { ...scope, signal, watch, responseHeaders, limits: undefined, once: onceByKey() };
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

function isSeconds(value: string | true | undefined): value is string {
  return typeof value === 'string' && /^\d{1,15}$/.test(value.trim());
}
