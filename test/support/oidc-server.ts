import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

export interface TokenRequest {
  /** Texts with spaces between, of `read`, `write` and `admin`. Default: none. */
  readonly scope?: string;
  /** Default `jwt`. */
  readonly format?: 'jwt' | 'opaque';
  /** Of JWTs. Default RS256. */
  readonly alg?: 'RS256' | 'ES256';
  /** The client that the token is for, which is its subject too. Default `shop`. */
  readonly client?: 'shop' | 'partner';
  /** Further claims. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Seconds until it expires. Default 300. */
  readonly lifetime?: number;
  /** Default `oidcAudience`. */
  readonly audience?: string;
}

export interface OidcServer {
  readonly issuer: string;
  /** May ask about tokens; its secret holds characters that must be encoded. */
  readonly gatewayClient: { readonly id: string; readonly secret: string };
  /** An access token, got by the client credentials grant. */
  readonly tokenFor: (request?: TokenRequest) => Promise<string>;
  /** Ends a token before its time (RFC 7009). */
  readonly revoke: (token: string, client?: 'shop' | 'partner') => Promise<void>;
  readonly close: () => Promise<void>;
}

/** `aud` of tokens, where a test names no other. */
export const oidcAudience = 'https://gateway.example';

const gatewayClient = { id: 'gateway', secret: 'gateway:secret +%&=/ of the tests' };
const secretOf = (client: string): string => `secret of ${client}`;

/** A real OpenID provider (`oidc-provider`) on a free port of 127.0.0.1, with keys of its own. */
export async function startOidcServer(): Promise<OidcServer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const requests = new Map<string, TokenRequest>();
  const provider = new Provider(issuer, await configurationOf(requests));
  server.on('request', provider.callback());
  return {
    issuer,
    gatewayClient,
    tokenFor: async (request = {}) => {
      const resource = `${oidcAudience}/${requests.size}`;
      requests.set(resource, request);
      const { client = 'shop', scope } = request;
      const form = { grant_type: 'client_credentials', resource, ...(scope === undefined ? {} : { scope }) };
      const answer = await post(`${issuer}/token`, client, form);
      return ((await answer.json()) as { readonly access_token: string }).access_token;
    },
    revoke: async (token, client = 'shop') => {
      await post(`${issuer}/token/revocation`, client, { token });
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function post(url: string, client: string, form: Readonly<Record<string, string>>): Promise<Response> {
  const encoded = new URLSearchParams({ id: client, secret: secretOf(client) }).toString();
  const [id = '', secret = ''] = encoded.split('&').map((part) => part.slice(part.indexOf('=') + 1));
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const answer = await fetch(url, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });
  if (!answer.ok) throw new Error(`the OpenID provider answers ${answer.status}: ${await answer.text()}`);
  return answer;
}

/** @param requests By resource: each token is asked for with a resource of its own, which says how to make it. */
async function configurationOf(requests: ReadonlyMap<string, TokenRequest>): Promise<object> {
  const keys = await Promise.all(
    ['RS256', 'ES256'].map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `key-${alg}` };
    }),
  );
  const client = { redirect_uris: [], response_types: [] };
  return {
    clients: [
      { ...client, client_id: gatewayClient.id, client_secret: gatewayClient.secret, grant_types: [] },
      ...['shop', 'partner'].map((id) => ({
        ...{ ...client, client_id: id, client_secret: secretOf(id) },
        grant_types: ['client_credentials'],
        scope: 'read write admin',
      })),
    ],
    jwks: { keys },
    scopes: ['read', 'write', 'admin'],
    cookies: { keys: ['of the tests'] },
    ttl: { ClientCredentials: (_context: unknown, token: IssuedToken) => token.resourceServer?.accessTokenTTL ?? 300 },
    extraTokenClaims: (_context: unknown, token: IssuedToken) =>
      requests.get(token.resourceServer?.identifier() ?? '')?.claims,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => resourceServer(requests.get(resource) ?? {}),
      },
    },
  };
}

interface IssuedToken {
  readonly resourceServer?: { readonly accessTokenTTL?: number; readonly identifier: () => string };
}

function resourceServer({ format = 'jwt', alg = 'RS256', lifetime = 300, audience = oidcAudience }: TokenRequest) {
  return {
    scope: 'read write admin',
    audience,
    accessTokenTTL: lifetime,
    accessTokenFormat: format,
    ...(format === 'jwt' ? { jwt: { sign: { alg } } } : {}),
  };
}
