import { parseCookie } from 'cookie';
import type { CredentialSource } from '../config/identity-types.ts';
import { GatewayError } from '../errors.ts';
import type { CredentialPlaces, IdentityRequest } from './types.ts';

/**
 * The one credential that stands in these places of a request; undefined where there is none.
 *
 * @throws {GatewayError} `CREDENTIALS_CONFLICT` where two places, or one header that came twice, hold different ones
 *   (RFC 6750, 2: a client must use one method only).
 */
export function readCredential(request: IdentityRequest, sources: readonly CredentialSource[]): string | undefined {
  let found: string | undefined;
  for (const source of sources) {
    for (const value of valuesAt(request, source)) {
      if (found !== undefined && found !== value) {
        throw new GatewayError('CREDENTIALS_CONFLICT', 'Expected one credential, but got several that differ.');
      }
      found = value;
    }
  }
  return found;
}

/** Where the sources' credentials stand. */
export function placesOf(sources: readonly CredentialSource[]): CredentialPlaces {
  const named = (from: 'header' | 'cookie' | 'query'): string[] =>
    sources.flatMap((source) => (source.from === from ? [source.name] : []));
  const isBearer = sources.some(({ from }) => from === 'authorization');
  return {
    headers: [...(isBearer ? ['authorization'] : []), ...named('header')],
    cookies: named('cookie'),
    queryParameters: named('query'),
  };
}

function valuesAt(request: IdentityRequest, source: CredentialSource): readonly string[] {
  switch (source.from) {
    case 'authorization':
      return headerValues(request, 'authorization').flatMap((value) => afterScheme(value, source.scheme) ?? []);
    case 'header':
      return headerValues(request, source.name);
    case 'cookie': {
      const { cookie } = request.headers;
      const value = cookie === undefined ? undefined : parseCookie(cookie)[source.name];
      return value === undefined ? [] : [value];
    }
    case 'query':
      return queryValues(request.url, source.name);
    default:
      return source satisfies never;
  }
}

/** Every value of a header: Node.js keeps the first `authorization` alone. Lower-case name. */
export function headerValues({ headers, rawHeaders }: IdentityRequest, name: string): readonly string[] {
  if (!Object.hasOwn(headers, name)) return [];
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const value = rawHeaders[index + 1];
    if (value !== undefined && rawHeaders[index]?.toLowerCase() === name) values.push(value);
  }
  return values;
}

/**
 * The credentials of an `authorization` value of this scheme; undefined for another scheme.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-11.4 | RFC 9110, 11.4 Credentials}
 */
export function afterScheme(value: string, scheme: string): string | undefined {
  const space = value.indexOf(' ');
  const given = space < 0 ? value : value.slice(0, space);
  if (given.toLowerCase() !== scheme.toLowerCase()) return undefined;
  return space < 0 ? '' : value.slice(space + 1).trim();
}

function queryValues(url: string, name: string): readonly string[] {
  const start = url.indexOf('?');
  return start < 0 ? [] : new URLSearchParams(url.slice(start + 1)).getAll(name);
}
