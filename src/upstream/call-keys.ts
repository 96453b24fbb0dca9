import { hash } from 'node:crypto';
import type { HttpFields } from '../cache/http/messages.ts';
import { varyNames } from '../cache/http/vary.ts';
import { isTraceField } from '../lib/propagation.ts';
import type { HeaderRules } from './request-headers.ts';
import type { UpstreamRequest } from './types.ts';

/** Keys that the answer to one GET may be kept under. The same where no rule takes anything from callers. */
export interface CallKeys {
  /** Of those who send just what this caller sends. */
  readonly own: string;
  /** Of all. */
  readonly shared: string;
}

export interface CallKeying {
  readonly keysOf: (request: Pick<UpstreamRequest, 'path' | 'headers'>) => CallKeys;
  /** For whom an answer may be, by its `vary`; undefined: for this one request. */
  readonly audienceOf: (headers: HttpFields) => 'own' | 'shared' | undefined;
}

export interface CallKeyingParts {
  /** The upstream's name. */
  readonly upstream: string;
  /** Its base URLs: gateways that share a Redis may each have another upstream of that name. */
  readonly bases: readonly string[];
  readonly rules: HeaderRules;
}

/** Such a field differs with each request and is in no key. */
function isIdentifying(name: string): boolean {
  return name === 'x-request-id' || isTraceField(name);
}

/**
 * All request fields count, whether `vary` names them or not: what an upstream knows of a caller it may have used without
 * saying so.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.1 | RFC 9111, 4.1 Calculating Cache Keys with the Vary Header Field}
 */
export function createCallKeying({ upstream, bases, rules }: CallKeyingParts): CallKeying {
  const { fromClient, fromClaims, fromCaller } = rules;
  const ofCallers = new Set([...fromClient, ...fromClaims, ...fromCaller].map(([name]) => name));
  const place = JSON.stringify([upstream, bases]);
  const start = `${place.length}:${place}`;
  return {
    keysOf: ({ path, headers }) => {
      let all = `${start}${path.length}:${path}`;
      let own = '';
      for (const name in headers) {
        if (isIdentifying(name)) continue;
        const value = headers[name] ?? '';
        const part = `${name.length}:${name}${value.length}:${value}`;
        if (ofCallers.has(name)) own += part;
        else all += part;
      }
      const shared = `call:${hash('sha256', all, 'base64url')}`;
      // Without any such header, too: who sends none is not all.
      return { own: ofCallers.size === 0 ? shared : `call:${hash('sha256', `${all}|${own}`, 'base64url')}`, shared };
    },
    audienceOf: (headers) => {
      const names = varyNames(headers);
      if (!names || names.some(isIdentifying)) return undefined;
      return names.some((name) => ofCallers.has(name)) ? 'own' : 'shared';
    },
  };
}
