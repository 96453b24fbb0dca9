import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { printConfig } from '../../../src/config/print.ts';
import { makeFolder, refusals, twoUpstreams } from './folder.ts';
import { pemFiles } from './pem.ts';

const files = { ...pemFiles, 'jwks.json': '{}', 'policies.ts': '', marker: 'MARKER', 'more/marker': 'MARKER' };

async function print(context: TestContext, text: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const dir = await makeFolder(context, { ...twoUpstreams, ...files, 'gateway.yaml': text });
  return printConfig(await loadGatewayFolder(dir, env));
}

const everySection = `
tls: { cert: "\${file:./cert.pem}", key: "\${file:./key.pem}", clientCa: "\${file:./cert.pem}", clientCertificate: request }
trustedProxies: [10.0.0.0/8]
addresses: { deny: [192.0.2.1] }
cors: [{ origins: [https://app.example], credentials: true }]
csrf: false
securityHeaders: { X-Frame-Options: DENY }
redis: { url: redis://127.0.0.1:6379 }
identity:
  anonymous: true
  providers:
    - { kind: jwt, issuer: https://a.example, keys: { file: jwks.json }, cache: { maxSize: off } }
    - { kind: oidc, issuer: https://b.example/, from: [bearer, { cookie: session }], audience: shop, name: shop }
    - { kind: introspection, url: https://c.example/introspect, clientId: weft, clientSecret: hush-hush }
    - { kind: api-key, file: keys.json }
    - { kind: basic }
    - { kind: mtls }
  revocations: { store: redis }
consumers: { acme: { tier: gold, certificates: ["CN=acme"], passwordHash: "$scrypt$ln=15$c2FsdA$aGFzaA" } }
tiers: { gold: { scopes: [export] } }
authorization: { policies: { url: https://authz.example, headers: { X-Key: hush-hush } } }
audiences: { partner: { include: [partner], callers: { scopes: [[a, b], [c]] } }, public: { callers: everyone } }
graphql: { introspection: { roles: [developer] }, anonymous: true, addresses: { allow: [10.0.0.0/8] } }
routes:
  - { path: /a, upstream: users, access: { scopes: [a, b] }, cors: [{ origins: ["*"], maxAge: 0 }], csrf: true }
`;

test('every security section is printed with the keys and units of the file', async (context) => {
  const { gateway } = parse(await print(context, everySection)) as { gateway: Record<string, unknown> };
  const { identity, consumers, tls, authorization, audiences, graphql, routes, redis, addresses } = gateway;
  const remote = { maxAge: '10m', maxStale: '1d', cooldown: '30s', timeout: '5s', maxSize: '512KiB' };
  const token = {
    from: ['bearer'],
    clockTolerance: '5s',
    requiredClaims: ['exp'],
    maxTokenSize: '8KiB',
    claims: { scopes: 'scope', roles: 'roles', client: 'client_id' },
    hideCredentials: false,
    remote,
  };
  assert.deepEqual(identity, {
    anonymous: true,
    providers: [
      {
        ...token,
        kind: 'jwt',
        issuer: ['https://a.example'],
        keys: { file: 'jwks.json' },
        cache: { maxSize: 'off', maxAge: '5m' },
      },
      {
        ...token,
        kind: 'oidc',
        name: 'shop',
        from: ['bearer', { cookie: 'session' }],
        issuer: 'https://b.example/',
        audience: ['shop'],
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
        cache: { maxSize: '16MiB', maxAge: '5m' },
      },
      {
        ...token,
        requiredClaims: [],
        kind: 'introspection',
        url: 'https://c.example/introspect',
        clientId: 'weft',
        clientSecret: '***',
        clientAuth: 'basic',
        tokens: 'opaque',
        cache: { maxSize: '16MiB', maxAge: '30s' },
      },
      { kind: 'api-key', from: [{ header: 'x-api-key' }], file: 'keys.json', cache: '5s', hideCredentials: true },
      { kind: 'basic', realm: 'weft', hideCredentials: true },
      { kind: 'mtls', from: 'tls' },
    ],
    revocations: { store: 'redis', refresh: '1s', maxStale: '1m' },
  });
  assert.deepEqual(consumers, {
    acme: {
      tier: 'gold',
      scopes: [],
      roles: [],
      subjects: [],
      clients: [],
      certificates: ['CN=acme'],
      passwordHash: '***',
    },
  });
  assert.deepEqual(tls, { cert: '***', key: '***', clientCa: '***', clientCertificate: 'request' });
  assert.deepEqual(redis, { url: 'redis://127.0.0.1:6379' });
  assert.deepEqual(addresses, { deny: ['192.0.2.1'] });
  assert.deepEqual(authorization, {
    mode: 'mask',
    policies: { url: 'https://authz.example', headers: { 'X-Key': '***' }, timeout: '1s', cache: '30s' },
  });
  assert.deepEqual(audiences, {
    partner: { include: ['partner'], exclude: [], callers: { scopes: [['a', 'b'], ['c']] } },
    public: { exclude: [], callers: 'everyone' },
  });
  const { introspection, anonymous, addresses: ofGraphql } = graphql as Record<string, unknown>;
  assert.deepEqual(
    { introspection, anonymous, ofGraphql },
    {
      introspection: { authenticated: true, roles: ['developer'] },
      anonymous: true,
      ofGraphql: { allow: ['10.0.0.0/8'], deny: [] },
    },
  );
  const [{ access, cors, csrf } = {}] = routes as Record<string, unknown>[];
  assert.deepEqual(access, { authenticated: true, scopes: [['a', 'b']] });
  assert.deepEqual(cors, [
    {
      origins: ['*'],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['x-request-id'],
      credentials: false,
      maxAge: 0,
    },
  ]);
  assert.equal(csrf, true);
});

test('printed security sections without secrets are a configuration again', async (context) => {
  const text = everySection
    .split('\n')
    .filter((line) => !/^tls|kind: (?:introspection|basic|mtls)|^consumers/.test(line))
    .join('\n');
  const first = await print(context, text);
  const { gateway } = parse(first) as { gateway: unknown };
  assert.equal(await print(context, JSON.stringify(gateway)), first);
});

const word = 'MARKER-of-32-bytes-or-more-0123456789';

/** Places of secrets, each with one that is good enough to be read. */
const secrets: readonly string[] = [
  `identity: { providers: [{ kind: jwt, keys: { secret: ${word} } }] }`,
  'identity: { providers: [{ kind: jwt, keys: { secret: "${SECRET}" } }] }',
  'identity: { providers: [{ kind: jwt, keys: { secret: "MARKER-${file:./marker}-0123456789-0123456789" } }] }',
  'identity: { providers: [{ kind: introspection, url: https://a.test, clientId: a, clientSecret: MARKER }] }',
  'identity: { providers: [{ kind: introspection, url: https://a.test, clientId: a, clientSecret: "MARKER${file:marker}" }] }',
  'identity: { providers: [{ kind: introspection, url: "https://a.test/${TOKEN}", clientId: a, clientSecret: "${TOKEN}" }] }',
  'identity: { providers: [{ kind: jwt, keys: { url: "https://a.test/${file:./marker}" } }] }',
  'identity: { providers: [{ kind: oidc, issuer: "https://a.test/${TOKEN}" }] }',
  'identity: { providers: [{ kind: jwt, issuer: "https://user:MARKER@a.test", keys: { url: https://a.test } }] }',
  'consumers: { secret: { passwordHash: "$scrypt$ln=15$c2FsdA$MARKER" } }',
  'consumers: { acme: { passwordHash: "$scrypt$ln=15$${file:./marker}$MARKER" } }',
  'redis: { url: "redis://user:MARKER@a.test:6379/1?x=MARKER" }',
  'redis: { url: "redis://:${TOKEN}@a.test" }',
  'redis: { url: "redis://MARKER:${file:./marker}@a.test?password=MARKER" }',
  'authorization: { policies: { url: https://a.test, headers: { authorization: Bearer MARKER } } }',
  'authorization: { policies: { url: https://a.test, headers: { X-Key: "MARKER ${file:./marker}" } } }',
  'authorization: { policies: { url: "https://a.test/${TOKEN}", headers: { x-key: "${TOKEN}" } } }',
];

test('no secret of the security sections is printed, wherever it came from', async (context) => {
  for (const text of secrets) {
    const printed = await print(context, text, { TOKEN: 'MARKER', SECRET: word });
    assert.doesNotMatch(printed, /MARKER/, text);
    assert.match(printed, /\*\*\*/, text);
  }
});

test('neither certificate nor key is printed, be they in the file itself or beside it', async (context) => {
  const indented = (text: string): string => text.trimEnd().replaceAll(/^/gm, '    ');
  const beside = 'tls: { cert: "${file:./cert.pem}", key: "${file:./key.pem}" }';
  const inside = `tls:\n  cert: |\n${indented(pemFiles['cert.pem'])}\n  key: |\n${indented(pemFiles['key.pem'])}\n`;
  for (const text of [beside, inside]) assert.doesNotMatch(await print(context, text), /BEGIN|MIG/);
});

/** Mistakes at or near a secret. */
const mistakes: readonly string[] = [
  'identity: { providers: [{ kind: jwt, keys: { secret: MARKER } }] }',
  'identity: { providers: [{ kind: jwt, keys: { secret: "${TOKEN}" } }] }',
  'identity: { providers: [{ kind: jwt, keys: { secret: "${NONE:-MARKER}" } }] }',
  'identity: { providers: [{ kind: jwt, keys: MARKER }] }',
  'identity: { providers: [{ kind: jwt, keys: { secret: { value: MARKER } } }] }',
  'identity: { providers: [{ kind: jwt, keys: { secret: MARKER,MARKER } }] }',
  'identity: { providers: [{ kind: jwt, keys: { secrets: MARKER } }] }',
  'identity: { providers: [{ kind: jwt, keys: { publicKey: MARKER } }] }',
  'identity: { providers: [{ kind: jwt, keys: { url: "https://user:MARKER@a.test" } }] }',
  'identity: { providers: [{ kind: introspection, clientSecret: [MARKER] }] }',
  'identity: { providers: [{ kind: introspection, clientSecret: "${NUMBER_MARKER:-}" }] }',
  'consumers: { acme: MARKER }',
  'consumers: { acme: { passwordHash: MARKER } }',
  'consumers: { acme: { passwordHash: $scrypt$ln=15,MARKER$c2FsdA } }',
  'tls: MARKER',
  'tls: { cert: MARKER, key: MARKER, clientCa: MARKER }',
  'tls: { cert: "${file:./marker}", key: "${TOKEN:-MARKER}" }',
  'redis: MARKER',
  'redis: { url: "MARKER:MARKER@a.test" }',
  'redis: { url: "http://:MARKER@a.test" }',
  'authorization: { policies: { url: https://a.test, headers: MARKER } }',
  'authorization: { policies: { url: https://a.test, headers: { x-key: "MARKER\\n" } } }',
  'authorization: { policies: { url: https://a.test, headers: { x-key: [MARKER] } } }',
  'authorization: { policies: { url: "https://MARKER@a.test" } }',
];

test('no message about a mistake shows the secret that it is about', async (context) => {
  for (const text of mistakes) {
    const dir = await makeFolder(context, { ...twoUpstreams, ...files, 'gateway.yaml': text });
    const lines = await refusals(dir, { TOKEN: 'MARKER' });
    assert.doesNotMatch(lines.join('\n').replaceAll('NUMBER_MARKER', ''), /MARKER/, text);
  }
});

test('a secret of digits is told to need quotes, by the name of its variable alone', async (context) => {
  const text = [
    'identity:',
    '  providers:',
    '    - kind: introspection',
    '      url: https://a.test',
    '      clientId: weft',
    '      clientSecret: ${PIN:-123456}',
  ].join('\n');
  const dir = await makeFolder(context, { ...twoUpstreams, 'gateway.yaml': text });
  assert.deepEqual(await refusals(dir), [
    'gateway.yaml:6:21 identity.providers[0].clientSecret: expected a client secret, got a number (from ${PIN:-...}); put quotes around it',
  ]);
});
