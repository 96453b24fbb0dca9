import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ProviderConfig } from '../../../src/config/identity-types.ts';
import { readGateway } from './folder.ts';
import { certificate, pemFiles } from './pem.ts';

const files = { ...pemFiles, 'jwks.json': '{}' };
const secret = 'a-secret-of-32-bytes-or-somewhat-more';

/** The providers of a list in YAML, each entry on lines that begin with `- `. */
async function readProviders(
  context: TestContext,
  list: string,
  rest = '',
): Promise<{ readonly dir: string; readonly providers: readonly ProviderConfig[] }> {
  const { dir, gateway } = await readGateway(context, `identity:\n  providers:\n${list}\n${rest}`, files);
  return { dir, providers: gateway.identity.providers };
}

const remoteDefaults = {
  maxAgeMs: 600_000,
  maxStaleMs: 86_400_000,
  cooldownMs: 30_000,
  timeoutMs: 5000,
  maxBytes: 524_288,
};
const tokenDefaults = {
  hidesCredentials: false,
  sources: [{ from: 'authorization', scheme: 'Bearer' }],
  audiences: [],
  clockToleranceMs: 5000,
  requiredClaims: ['exp'],
  maxTokenBytes: 8192,
  claims: { scopes: 'scope', roles: 'roles', tier: undefined, client: 'client_id' },
  cache: { maxBytes: 16_777_216, maxAgeMs: 300_000 },
};
const publicAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];

test('a JWT provider has every default, and says where its keys are', async (context) => {
  const { dir, providers } = await readProviders(
    context,
    `
    - { kind: jwt, issuer: https://a.example, keys: { url: https://a.example/jwks } }
    - { kind: jwt, issuer: https://b.example, keys: { file: ./jwks.json } }
    - { kind: jwt, issuer: https://c.example, keys: { secret: ${secret} } }
    - { kind: jwt, issuer: https://d.example, keys: { publicKey: "\${file:./cert.pem}" } }
    `,
  );
  const jwt = { ...tokenDefaults, kind: 'jwt', algorithms: publicAlgorithms };
  assert.deepEqual(providers, [
    {
      ...jwt,
      name: 'jwt',
      issuers: ['https://a.example'],
      keys: { from: 'jwks-url', url: 'https://a.example/jwks', remote: remoteDefaults },
    },
    {
      ...jwt,
      name: 'jwt-2',
      issuers: ['https://b.example'],
      keys: { from: 'jwks-file', file: join(dir, 'jwks.json') },
    },
    { ...jwt, name: 'jwt-3', issuers: ['https://c.example'], algorithms: ['HS256'], keys: { from: 'secret', secret } },
    {
      ...jwt,
      name: 'jwt-4',
      issuers: ['https://d.example'],
      keys: { from: 'public-key', pem: certificate.trimEnd() },
    },
  ]);
});

test('every key of a JWT provider is read, units become numbers and header names lower case', async (context) => {
  const { providers } = await readProviders(
    context,
    `
    - kind: jwt
      name: shop
      from: [bearer, { header: X-Token }, { cookie: Session }, { query: Token }]
      issuer: [https://a.example/, https://a.example]
      audience: [shop, admin]
      algorithms: [ES256, ES256]
      keys: { url: https://a.example/jwks }
      remote: { maxAge: 1m, maxStale: 0s, cooldown: 1s, timeout: 500ms, maxSize: 1KiB }
      clockTolerance: 0s
      requiredClaims: [sub, sub]
      maxTokenSize: 4KiB
      claims: { scopes: permissions, roles: realm_access.roles, tier: plan, client: azp }
      cache: { maxSize: off, maxAge: 1s }
      hideCredentials: true
    `,
  );
  assert.deepEqual(providers, [
    {
      kind: 'jwt',
      name: 'shop',
      sources: [
        { from: 'authorization', scheme: 'Bearer' },
        { from: 'header', name: 'x-token' },
        { from: 'cookie', name: 'Session' },
        { from: 'query', name: 'Token' },
      ],
      issuers: ['https://a.example/', 'https://a.example'],
      audiences: ['shop', 'admin'],
      algorithms: ['ES256', 'ES256'],
      keys: {
        from: 'jwks-url',
        url: 'https://a.example/jwks',
        remote: { maxAgeMs: 60_000, maxStaleMs: 0, cooldownMs: 1000, timeoutMs: 500, maxBytes: 1024 },
      },
      clockToleranceMs: 0,
      requiredClaims: ['sub', 'sub'],
      maxTokenBytes: 4096,
      claims: { scopes: 'permissions', roles: 'realm_access.roles', tier: 'plan', client: 'azp' },
      cache: { maxBytes: 0, maxAgeMs: 1000 },
      hidesCredentials: true,
    },
  ]);
});

test('OIDC and introspection have every default; an issuer keeps its last slash', async (context) => {
  const { providers } = await readProviders(
    context,
    `
    - { kind: oidc, issuer: https://ID.example/tenant/, audience: shop }
    - { kind: introspection, issuer: https://id.example/, clientId: weft, clientSecret: hush }
    - { kind: introspection, url: https://id.example/introspect, clientId: weft, clientSecret: hush, clientAuth: post, tokens: all }
    `,
  );
  const introspection = {
    ...tokenDefaults,
    requiredClaims: [],
    kind: 'introspection',
    clientId: 'weft',
    clientSecret: 'hush',
    remote: remoteDefaults,
    cache: { maxBytes: 16_777_216, maxAgeMs: 30_000 },
  };
  assert.deepEqual(providers, [
    {
      ...tokenDefaults,
      kind: 'oidc',
      name: 'oidc',
      issuer: 'https://ID.example/tenant/',
      audiences: ['shop'],
      algorithms: publicAlgorithms,
      remote: remoteDefaults,
    },
    {
      ...introspection,
      name: 'introspection',
      endpoint: { issuer: 'https://id.example/' },
      issuers: ['https://id.example/'],
      clientAuth: 'basic',
      tokens: 'opaque',
    },
    {
      ...introspection,
      name: 'introspection-2',
      endpoint: { url: 'https://id.example/introspect' },
      issuers: [],
      clientAuth: 'post',
      tokens: 'all',
    },
  ]);
});

test('an introspection endpoint that is named is asked, and the issuer is held against its answers', async (context) => {
  const keys = 'url: https://id.example/introspect, issuer: https://id.example, clientId: weft, clientSecret: hush';
  const { providers } = await readProviders(context, `    - { kind: introspection, ${keys} }`);
  const [provider] = providers;
  assert.ok(provider?.kind === 'introspection');
  assert.deepEqual(provider.endpoint, { url: 'https://id.example/introspect' });
  assert.deepEqual(provider.issuers, ['https://id.example']);
});

test('keys, passwords and certificates have every default, and a file of keys may not be there yet', async (context) => {
  const { dir, providers } = await readProviders(
    context,
    `
    - { kind: api-key, file: secret/keys.json }
    - { kind: api-key, store: redis, from: [{ query: key }], cache: 0s, hideCredentials: false, name: partners }
    - { kind: basic }
    - { kind: mtls }
    - { kind: mtls, from: client-cert }
    `,
    `
redis: { url: redis://127.0.0.1:6379/1 }
consumers: { acme: { passwordHash: "$scrypt$ln=15,r=8,p=1$c2FsdHNhbHQ$aGFzaA" } }
trustedProxies: [10.0.0.0/8]
tls: { cert: "\${file:./cert.pem}", key: "\${file:./key.pem}", clientCa: "\${file:./cert.pem}", clientCertificate: request }
`,
  );
  const headerKey = { from: 'header', name: 'x-api-key' };
  assert.deepEqual(providers, [
    {
      kind: 'api-key',
      name: 'api-key',
      hidesCredentials: true,
      sources: [headerKey],
      store: { in: 'file', file: join(dir, 'secret/keys.json') },
      cacheMs: 5000,
    },
    {
      kind: 'api-key',
      name: 'partners',
      hidesCredentials: false,
      sources: [{ from: 'query', name: 'key' }],
      store: { in: 'redis' },
      cacheMs: 0,
    },
    { kind: 'basic', name: 'basic', hidesCredentials: true, realm: 'weft' },
    { kind: 'mtls', name: 'mtls', hidesCredentials: true, source: 'tls' },
    { kind: 'mtls', name: 'mtls-2', hidesCredentials: true, source: 'client-cert' },
  ]);
});

test('tokens of other places or issuers leave something to later providers', async (context) => {
  const { providers } = await readProviders(
    context,
    `
    - { kind: jwt, keys: { file: jwks.json }, from: [{ cookie: a }, { header: x-a }], name: without-issuer }
    - { kind: jwt, keys: { file: jwks.json }, from: [{ cookie: b }], issuer: https://id.example }
    - { kind: jwt, keys: { file: jwks.json }, issuer: https://id.example }
    - { kind: jwt, keys: { file: jwks.json }, issuer: https://id.example/ }
    - { kind: jwt, keys: { file: jwks.json } }
    - { kind: introspection, url: https://id.example/introspect, clientId: weft, clientSecret: hush }
    `,
  );
  const names = providers.map(({ name }) => name);
  assert.deepEqual(names, ['without-issuer', 'jwt-2', 'jwt-3', 'jwt-4', 'jwt-5', 'introspection']);
});

test('everyone may be anonymous only where there is no provider, or where it says so', async (context) => {
  const anonymous = async (text: string): Promise<boolean> =>
    (await readGateway(context, text)).gateway.identity.anonymous;
  const provider = 'providers: [{ kind: oidc, issuer: https://id.example }]';
  assert.equal(await anonymous(''), true);
  assert.equal(await anonymous('identity: { anonymous: false }'), false);
  assert.equal(await anonymous(`identity: { ${provider} }`), false);
  assert.equal(await anonymous(`identity: { ${provider}, anonymous: true }`), true);
});

test('revocations are kept in a file beside gateway.yaml or in Redis', async (context) => {
  const inFile = await readGateway(context, 'identity: { revocations: { file: ./revoked.json } }');
  assert.deepEqual(inFile.gateway.identity.revocations, {
    store: { in: 'file', file: join(inFile.dir, 'revoked.json') },
    refreshMs: 1000,
    maxStaleMs: 60_000,
  });
  const inRedis = await readGateway(
    context,
    'identity: { revocations: { store: redis, refresh: 5s, maxStale: 5s } }\nredis: { url: rediss://r.test }',
  );
  assert.deepEqual(inRedis.gateway.identity.revocations, {
    store: { in: 'redis' },
    refreshMs: 5000,
    maxStaleMs: 5000,
  });
});
