import { z } from 'zod';
import { text } from './values.ts';

// The kinds of value that the security sections of `gateway.yaml` are made of; messages as in `values.ts`.

/** A list of texts; none at all may be in it. */
export function names(what: string) {
  return z.array(text(`a ${what}`), { error: `expected a list of ${what}s` });
}

/** A list of one text or more, or one text alone. */
export function textOrList(what: string) {
  const list = z.array(text(what)).min(1, { error: `expected ${what}` });
  return z
    .union([text(what).transform((value) => [value]), list], { error: `expected ${what}, or a list of them` })
    .describe(`${what}, or several of which one must be`);
}

/**
 * A scope. One with a space in it would be asked for in vain: tokens have spaces between scopes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-3.3 | RFC 6749, 3.3 Access Token Scope}
 */
export function scope() {
  const error = 'expected a scope, which has no spaces';
  return z.string({ error }).regex(/^\S+$/, { error });
}

export function scopes() {
  return z.array(scope(), { error: 'expected a list of scopes' });
}

/** The name of a consumer, tier or audience: it stands in ids with `:` and in logs, and Basic ends a user at `:`. */
export function partyName() {
  const error = 'expected a name without ":" and control characters';
  return z
    .string({ error })
    .refine((value) => /^[^:\p{Cc}]+$/u.test(value), { error })
    .meta({ pattern: '^[^:]+$' });
}

/** The name of an operation; GraphQL 2.1.9 Names. */
export function graphqlName(what: string) {
  const error = `expected the name of ${what}`;
  return z.string({ error }).regex(/^[A-Za-z_]\w*$/, { error });
}

interface UrlOptions {
  /** Issuers have neither query nor fragment (OpenID Connect Discovery 1.0, 3). */
  readonly isIssuer?: boolean;
}

/** A URL, kept letter by letter: an issuer must equal a token's `iss`, slash at its end and all. */
export function httpUrl(what: string, { isIssuer = false }: UrlOptions = {}) {
  const error = `expected an http:// or https:// URL of ${what}`;
  return z
    .string({ error })
    .superRefine((value, context) => {
      const url = /^https?:\/\/\S+$/i.test(value) ? URL.parse(value) : null;
      if (url === null) context.addIssue({ code: 'custom', message: error });
      else if (url.username !== '' || url.password !== '') {
        context.addIssue({ code: 'custom', message: `${error} without user and password` });
      } else if (isIssuer && /[?#]/.test(value)) {
        context.addIssue({ code: 'custom', message: `${error} without query and fragment` });
      }
    })
    .meta({ pattern: '^https?://\\S+$' });
}
