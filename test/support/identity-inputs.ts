import type { ConsumerConfig, CredentialSource, TierConfig } from '../../src/config/identity-types.ts';
import { GatewayError, type ErrorCode } from '../../src/errors.ts';
import { anonymous, type Caller } from '../../src/identity/caller.ts';
import { placesOf, readCredential } from '../../src/identity/credentials.ts';
import type { Identity, IdentityRequest, Provider } from '../../src/identity/types.ts';
import { identityRequest } from './identity-request.ts';

/** A request with these headers; names in lower case. */
export function requestWith(headers: Readonly<Record<string, string>>): IdentityRequest {
  return identityRequest({ headers: Object.entries(headers) });
}

export function identityWith(given: Partial<Identity> = {}): Identity {
  return { provider: 'jwt', subject: 'alice', consumerKeys: [], scopes: [], roles: [], claims: {}, ...given };
}

/** What a provider says to one credential: an identity, an error by its code, or nothing. */
export type Verdict = Identity | ErrorCode | undefined;

export interface TableProvider extends Provider {
  /** The credentials that it was asked about. */
  readonly asked: readonly string[];
}

export interface TableProviderOptions {
  readonly name?: string;
  readonly sources?: readonly CredentialSource[];
  readonly challenge?: string;
  readonly hidesCredentials?: boolean;
  /** Whether it takes its time. */
  readonly isSlow?: boolean;
}

const bearer: readonly CredentialSource[] = [{ from: 'authorization', scheme: 'Bearer' }];

/** A provider that knows credentials by a table; one that is not in it has the wrong issuer. */
export function tableProvider(
  table: Readonly<Record<string, Verdict>>,
  { name = 'jwt', sources = bearer, challenge, hidesCredentials = false, isSlow = false }: TableProviderOptions = {},
): TableProvider {
  const asked: string[] = [];
  const look = (credential: string): Identity | undefined => {
    const verdict = credential in table ? table[credential] : 'CREDENTIALS_WRONG_ISSUER';
    if (typeof verdict === 'string') throw new GatewayError(verdict, `${name} says ${verdict}`);
    return verdict;
  };
  return {
    name,
    asked,
    places: placesOf(sources),
    hidesCredentials,
    challenge,
    identify: (request) => {
      const credential = readCredential(request, sources);
      if (credential === undefined) return undefined;
      asked.push(credential);
      return isSlow ? Promise.resolve(credential).then(look) : look(credential);
    },
    close: () => Promise.resolve(),
  };
}

/** A known caller. */
export function callerWith(given: Partial<Caller> = {}): Caller {
  return { ...anonymous, isKnown: true, id: 'subject:jwt:alice', provider: 'jwt', subject: 'alice', ...given };
}

export function consumerWith(given: Partial<ConsumerConfig> & { readonly name: string }): ConsumerConfig {
  return {
    tier: undefined,
    provider: undefined,
    scopes: [],
    roles: [],
    audience: undefined,
    subjects: [],
    clients: [],
    certificates: [],
    passwordHash: undefined,
    ...given,
  };
}

export function tierWith(given: Partial<TierConfig> & { readonly name: string }): TierConfig {
  return { scopes: [], roles: [], audience: undefined, ...given };
}
