import { callersHeaders, takesFromCallers, type HeaderRules } from './request-headers.ts';
import type { RequestScope } from './types.ts';

/** What of a caller goes to certain upstreams, and so may change what they answer. */
export interface Vary {
  /** Client headers that rules take values from, in lower case, sorted: for `vary`. */
  readonly clientHeaders: readonly string[];
  /** Whether rules take something from the claims or from what is known of the caller. */
  readonly takesCaller: boolean;
  /**
   * What goes upstream of this very caller: equal texts, equal headers. `''` where no rule takes anything. Holds what the
   * client sent, credentials too: never to be shown, nor kept but as a hash.
   */
  readonly valueOf: (scope: RequestScope) => string;
  /** Whether a call by these rules sends nothing of the caller but what `valueOf` tells. */
  readonly covers: (rules: HeaderRules) => boolean;
}

/** @param upstreams Names of those that take part. Undefined: any may. */
export type VaryOf = (upstreams: ReadonlySet<string> | undefined) => Vary;

export interface VaryParts {
  /** By upstream name. */
  readonly rules: ReadonlyMap<string, HeaderRules>;
  /** Upstreams whose resolver functions may call any other. */
  readonly callsOthers: ReadonlySet<string>;
}

/** What the header rules of upstreams let through of callers. `x-request-id` and the trace change no answer. */
export function createVaryOf({ rules, callsOthers }: VaryParts): VaryOf {
  const taking = [...rules].filter(([, each]) => takesFromCallers(each)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const all = varyBy(taking);
  return (upstreams) => {
    if (!upstreams || [...upstreams].some((name) => callsOthers.has(name))) return all;
    const some = taking.filter(([name]) => upstreams.has(name));
    return some.length === taking.length ? all : varyBy(some);
  };
}

function varyBy(taking: readonly (readonly [upstream: string, rules: HeaderRules])[]): Vary {
  const known = new Set(taking.map(([, rules]) => rules));
  const clientHeaders = taking.flatMap(([, { fromClient }]) => fromClient.map(([, header]) => header));
  return {
    clientHeaders: [...new Set(clientHeaders)].toSorted(),
    takesCaller: taking.some(([, { fromClaims, fromCaller }]) => fromClaims.length + fromCaller.length > 0),
    valueOf:
      taking.length === 0
        ? () => ''
        : (scope) => JSON.stringify(taking.map(([name, rules]) => [name, callersHeaders(rules, scope)])),
    covers: (rules) => known.has(rules) || !takesFromCallers(rules),
  };
}
