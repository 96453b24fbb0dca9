import type { IncomingHttpHeaders } from 'node:http';
import type { IdentityRequest } from '../../src/identity/types.ts';

export interface IdentityRequestParts {
  /** Lower-case names with their values, in order; a name may stand twice. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly url?: string;
  readonly isFromTrustedProxy?: boolean;
  readonly clientCertificate?: Buffer;
}

/** What a provider is given of a request, with the headers as Node.js would give them. */
export function identityRequest({
  headers = [],
  url = '/graphql',
  isFromTrustedProxy = false,
  clientCertificate,
}: IdentityRequestParts): IdentityRequest {
  const joined: IncomingHttpHeaders = {};
  for (const [name, value] of headers) {
    const former = joined[name];
    // Node.js keeps the first `authorization` and joins what it does not know.
    if (former === undefined) joined[name] = value;
    else if (name !== 'authorization') joined[name] = `${String(former)}, ${value}`;
  }
  return {
    headers: joined,
    rawHeaders: headers.flat(),
    url,
    isFromTrustedProxy,
    clientCertificate: () => clientCertificate,
  };
}
