import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readGateway } from './folder.ts';
import { certificate, pemFiles, privateKey } from './pem.ts';

const nothingAsked = { authenticated: true, scopes: [], roles: [], tiers: [], consumers: [], policies: [] };

test('a rule of access asks for all that it names, and always for a known caller', async (context) => {
  const { gateway } = await readGateway(
    context,
    `
graphql:
  graphiql: { authenticated: true }
  introspection: { roles: [developer, support] }
  suggestions: false
  access: { scopes: [read, write], policies: [may-ask], tiers: [gold] }
routes:
  - { path: /a, upstream: users, access: { scopes: [[read, write], [admin]], consumers: [acme, acme] } }
consumers: { acme: {} }
tiers: { gold: {} }
authorization: { policies: { url: https://authz.example/decide } }
`,
  );
  const { graphiql, introspection, suggestions, door } = gateway.graphql;
  assert.deepEqual(graphiql, nothingAsked);
  assert.deepEqual(introspection, { ...nothingAsked, roles: ['developer', 'support'] });
  assert.equal(suggestions, false);
  assert.deepEqual(door?.access, {
    ...nothingAsked,
    scopes: [['read', 'write']],
    policies: [['may-ask']],
    tiers: ['gold'],
  });
  assert.deepEqual(gateway.routes[0]?.door?.access, {
    ...nothingAsked,
    scopes: [['read', 'write'], ['admin']],
    consumers: ['acme', 'acme'],
  });
});

test('a door says for itself what it names, and is as the listener in all else', async (context) => {
  const { gateway } = await readGateway(
    context,
    `
addresses: { allow: [10.0.0.0/8] }
cors: [{ origins: ["*"] }]
csrf: true
routes:
  - { path: /a, upstream: users }
  - { path: /b, upstream: users, anonymous: true, addresses: {}, cors: [], csrf: false }
  - { path: /c, upstream: users, addresses: { deny: ["2001:db8::/32"] } }
`,
  );
  const asListener = {
    anonymous: undefined,
    access: undefined,
    addresses: undefined,
    cors: undefined,
    csrf: undefined,
    headers: undefined,
  };
  assert.deepEqual(gateway.graphql.door, asListener);
  assert.deepEqual(
    gateway.routes.map(({ door }) => door),
    [
      asListener,
      {
        anonymous: true,
        access: undefined,
        addresses: { allow: [], deny: [] },
        cors: { policies: [] },
        csrf: false,
        headers: undefined,
      },
      { ...asListener, addresses: { allow: [], deny: ['2001:db8::/32'] } },
    ],
  );
});

test('the listener has trusted proxies, addresses, CORS, CSRF and headers as they are written', async (context) => {
  const { gateway } = await readGateway(
    context,
    `
trustedProxies: [10.0.0.0/8, "::1"]
addresses: { allow: [192.0.2.1], deny: [192.0.2.0/24] }
cors:
  - { origins: [https://app.example, "https://*.app.example:8443", "http://[::1]:3000"], credentials: true, maxAge: 0 }
  - { origins: ["*", "null"], methods: [GET], headers: [X-A], exposedHeaders: ["*"] }
csrf: false
securityHeaders: { X-Frame-Options: DENY, referrer-policy: "" }
`,
  );
  assert.deepEqual(gateway.security, {
    trustedProxies: ['10.0.0.0/8', '::1'],
    addresses: { allow: ['192.0.2.1'], deny: ['192.0.2.0/24'] },
    cors: {
      policies: [
        {
          origins: ['https://app.example', 'https://*.app.example:8443', 'http://[::1]:3000'],
          methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
          headers: undefined,
          exposedHeaders: ['x-request-id'],
          credentials: true,
          maxAgeSeconds: 0,
        },
        {
          origins: ['*', 'null'],
          methods: ['GET'],
          headers: ['X-A'],
          exposedHeaders: ['*'],
          credentials: false,
          maxAgeSeconds: 600,
        },
      ],
    },
    csrf: false,
    headers: { 'x-frame-options': 'DENY', 'referrer-policy': '' },
  });
});

test('TLS takes the texts of PEM files, and asks clients for certificates only where it says so', async (context) => {
  const pair = 'cert: "${file:./cert.pem}", key: "${file:./key.pem}"';
  const cert = certificate.trimEnd();
  const key = privateKey.trimEnd();
  const plain = await readGateway(context, `tls: { ${pair} }`, pemFiles);
  assert.deepEqual(plain.gateway.tls, { cert, key, clientCa: undefined, clientCertificate: 'none' });
  const text = `tls: { ${pair}, clientCa: "\${file:./cert.pem}", clientCertificate: require }`;
  const asking = await readGateway(context, text, pemFiles);
  assert.deepEqual(asking.gateway.tls, { cert, key, clientCa: cert, clientCertificate: 'require' });
});

test('consumers and tiers have no rights but those that they name', async (context) => {
  const { gateway } = await readGateway(
    context,
    `
tiers: { gold: { scopes: [export, export], roles: [vip], audience: partner }, free: {} }
consumers:
  "Acme & Söhne": {}
  acme:
    tier: gold
    scopes: [a]
    roles: [b]
    audience: partner
    subjects: [s, s]
    clients: [s]
    certificates: ["CN=acme,O=Acme\\\\, Inc", "DNS:acme.example", "URI:spiffe://acme/app", "email:Ops@acme.example"]
    passwordHash: $argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaA
audiences: { partner: {} }
`,
  );
  const none = { scopes: [], roles: [], audience: undefined };
  const { consumers, tiers } = gateway.identity;
  assert.deepEqual(tiers, [
    { name: 'gold', scopes: ['export', 'export'], roles: ['vip'], audience: 'partner' },
    { ...none, name: 'free' },
  ]);
  assert.deepEqual(consumers, [
    {
      ...none,
      name: 'Acme & Söhne',
      tier: undefined,
      provider: undefined,
      subjects: [],
      clients: [],
      certificates: [],
      passwordHash: undefined,
    },
    {
      name: 'acme',
      tier: 'gold',
      provider: undefined,
      scopes: ['a'],
      roles: ['b'],
      audience: 'partner',
      subjects: ['s', 's'],
      clients: ['s'],
      certificates: ['CN=acme,O=Acme\\, Inc', 'DNS:acme.example', 'URI:spiffe://acme/app', 'email:Ops@acme.example'],
      passwordHash: '$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaA',
    },
  ]);
});

test('an audience is for those who name it, for the callers of a rule, or for everyone', async (context) => {
  const { gateway } = await readGateway(
    context,
    `
audiences:
  partner: { include: [partner, shop], callers: { roles: [partner] } }
  internal: { exclude: [secret] }
  public: { callers: everyone }
`,
  );
  assert.deepEqual(gateway.audiences, [
    {
      name: 'partner',
      include: ['partner', 'shop'],
      exclude: [],
      callers: { ...nothingAsked, roles: ['partner'] },
    },
    { name: 'internal', include: [], exclude: ['secret'], callers: undefined },
    { name: 'public', include: [], exclude: [], callers: { ...nothingAsked, authenticated: false } },
  ]);
});

test('policies are answered by a module beside gateway.yaml or by a server', async (context) => {
  const module = 'authorization: { mode: reject, policies: { module: ./rules/policies.ts, cache: 0s } }';
  const byModule = await readGateway(context, module, { 'rules/policies.ts': '' });
  assert.deepEqual(byModule.gateway.authorization, {
    mode: 'reject',
    policies: { source: { by: 'module', file: join(byModule.dir, 'rules/policies.ts') }, cacheMs: 0 },
  });
  const server = 'authorization: { policies: { url: https://authz.example/decide?v=1, headers: { X-Key: hush } } }';
  const byServer = await readGateway(context, server);
  assert.deepEqual(byServer.gateway.authorization, {
    mode: 'mask',
    policies: {
      source: {
        by: 'http',
        url: 'https://authz.example/decide?v=1',
        headers: { 'X-Key': 'hush' },
        timeoutMs: 1000,
      },
      cacheMs: 30_000,
    },
  });
});
