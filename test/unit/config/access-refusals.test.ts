import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { assertRefused } from './folder.ts';
import { pemFiles } from './pem.ts';

test('a rule of access that says nothing, or not what, is refused', async (context) => {
  await assertRefused(context, [
    [
      'graphql: { access: {} }',
      '1:20 graphql.access: expected one at least of the keys authenticated, scopes, roles, tiers, consumers, policies, or no "access" for everybody, got an empty mapping',
    ],
    [
      'graphql: { access: true }',
      '1:20 graphql.access: expected a mapping with the keys authenticated, scopes, roles, tiers, consumers, policies, got true',
    ],
    [
      'graphql: { access: { scope: [a], authenticated: false } }',
      '1:22 graphql.access.scope: unknown key, did you mean "scopes"?',
      '1:49 graphql.access.authenticated: expected true, got false',
    ],
    [
      'graphql: { access: { scopes: a, roles: admin } }',
      '1:30 graphql.access.scopes: expected a list of scopes that are all needed, or a list of such lists of which one is enough, got "a"',
      '1:40 graphql.access.roles: expected a list of roles, got "admin"',
    ],
    [
      'graphql: { access: { scopes: [], roles: [] } }',
      '1:30 graphql.access.scopes: expected a list of scopes that are all needed, or a list of such lists of which one is enough, got an empty list',
      '1:41 graphql.access.roles: expected a list of roles, one at least, got an empty list',
    ],
    [
      'graphql: { access: { scopes: [[a], []], policies: [[]] } }',
      '1:36 graphql.access.scopes[1]: expected one scope at least, got an empty list',
      '1:51 graphql.access.policies: policies need "authorization.policies", which is missing',
      '1:52 graphql.access.policies[0]: expected one policy at least, got an empty list',
    ],
    [
      'graphql: { access: { scopes: [a, [b]] } }',
      '1:30 graphql.access.scopes: expected a list of scopes that are all needed, or a list of such lists of which one is enough, not both, got a list',
    ],
    [
      'graphql: { access: { scopes: ["a b", 5, ""] } }',
      '1:31 graphql.access.scopes[0]: expected a scope, which has no spaces, got "a b"',
      '1:38 graphql.access.scopes[1]: expected a scope, or a list of scopes, got 5',
      '1:41 graphql.access.scopes[2]: expected a scope, which has no spaces, got ""',
    ],
    [
      'graphql: { access: { policies: [p] } }',
      '1:32 graphql.access.policies: policies need "authorization.policies", which is missing',
    ],
    [
      'graphql: { access: { tiers: [glod], consumers: [acme, akme] } }\ntiers: { gold: {} }\nconsumers: { acme: {} }',
      '1:30 graphql.access.tiers[0]: there is no tier "glod", did you mean "gold"?',
      '1:55 graphql.access.consumers[1]: there is no consumer "akme", did you mean "acme"?',
    ],
    [
      'graphql: { graphiql: {}, introspection: "yes", suggestions: { role: [dev] } }',
      '1:22 graphql.graphiql: expected one at least of the keys authenticated, scopes, roles, tiers, consumers, policies, or true for everybody, got an empty mapping',
      '1:41 graphql.introspection: expected true, false or a mapping that says for whom, got "yes"',
      '1:63 graphql.suggestions.role: unknown key, did you mean "roles"?',
    ],
    [
      'graphql: { introspection: { tiers: [gold] }, anonymous: yes, csrf: 1 }',
      '1:37 graphql.introspection.tiers[0]: there is no tier "gold", nor any other',
      '1:57 graphql.anonymous: expected true or false, got "yes"',
      '1:68 graphql.csrf: expected true or false, got 1',
    ],
    [
      'routes: [{ path: /a, upstream: users, access: { consumers: [acme] }, anonymous: 1 }]',
      '1:61 routes[0].access.consumers[0]: there is no consumer "acme", nor any other',
      '1:81 routes[0].anonymous: expected true or false, got 1',
    ],
  ]);
});

test('consumers, tiers and audiences name what there is, and nothing belongs to two', async (context) => {
  await assertRefused(context, [
    [
      'consumers: { acme: { tier: gold, audience: partners, subject: [x] } }',
      '1:28 consumers.acme.tier: there is no tier "gold", nor any other',
      '1:44 consumers.acme.audience: there is no audience "partners", nor any other',
      '1:54 consumers.acme.subject: unknown key, did you mean "subjects"?',
    ],
    [
      'identity: { providers: [{ kind: jwt, keys: { url: "http://a.test" } }] }\nconsumers: { acme: { provider: jwt2, subjects: [a] } }',
      '2:32 consumers.acme.provider: there is no provider "jwt2", did you mean "jwt"?',
    ],
    [
      'graphql: { introspection: { policies: [a] } }\nauthorization: { policies: { url: "http://a.test" } }',
      '1:39 graphql.introspection.policies: policies are for doors: they do not choose here',
    ],
    [
      'consumers: { acme: { subjects: x, clients: [5], certificates: [acme, "DNS:Acme.example"] } }',
      '1:32 consumers.acme.subjects: expected a list of subjects, got "x"',
      '1:45 consumers.acme.clients[0]: expected a client id, got 5',
      '1:64 consumers.acme.certificates[0]: expected the name of a certificate: CN=acme, DNS:acme.example (lower case), URI:... or email:..., got "acme"',
      '1:70 consumers.acme.certificates[1]: expected the name of a certificate: CN=acme, DNS:acme.example (lower case), URI:... or email:..., got "DNS:Acme.example"',
    ],
    [
      'consumers: { acme: { scopes: ["a b"], roles: [""] } }',
      '1:31 consumers.acme.scopes[0]: expected a scope, which has no spaces, got "a b"',
      '1:47 consumers.acme.roles[0]: expected a role, got ""',
    ],
    [
      'consumers: { acme: { passwordHash: SECRET } }',
      '1:36 consumers.acme.passwordHash: expected a hash made by "weft keys hash-password": $argon2id$... or $scrypt$..., got "***"',
    ],
    [
      'consumers: { acme: { passwordHash: $scrypt$ln=15,p=1$SECRET } }',
      '1:36 consumers.acme.passwordHash: expected a hash made by "weft keys hash-password": $argon2id$... or $scrypt$..., got "***"',
      '1:50 consumers.acme: expected "key: value", got a text without a colon; put quotes around texts with commas',
    ],
    [
      'consumers: { acme: $argon2id$SECRET }',
      '1:20 consumers.acme: expected a mapping with the keys tier, scopes, roles, audience, provider, subjects, clients, certificates, passwordHash, got "***"',
    ],
    [
      'consumers: { "a:b": {}, "": {}, "a\\nb": {}, __proto__: {} }',
      '1:14 consumers.a:b: expected a name without ":" and control characters',
      '1:25 consumers.: expected a name without ":" and control characters',
      '1:33 consumers."a\\nb": expected a name without ":" and control characters',
      '1:45 consumers.__proto__: this name is not possible',
    ],
    [
      'consumers: { a: { subjects: [s], clients: [c] }, b: { subjects: [t, s], clients: [s] }, c: { clients: [c] } }',
      '1:69 consumers.b.subjects[1]: the consumer "a" has it too',
      '1:104 consumers.c.clients[0]: the consumer "a" has it too',
    ],
    [
      'tiers: { gold: { audience: partners, tier: x } }',
      '1:28 tiers.gold.audience: there is no audience "partners", nor any other',
      '1:38 tiers.gold.tier: unknown key, known: scopes, roles, audience, limits, documents, cost',
    ],
    ['tiers: [gold]', '1:8 tiers: expected a mapping of tier names, got a list'],
    [
      'audiences: { public: { include: [] }, partners: { callers: {} }, all: { callers: true } }',
      '1:33 audiences.public.include: expected one tag at least, or no "include" for everything, got an empty list',
      '1:60 audiences.partners.callers: expected one at least of the keys authenticated, scopes, roles, tiers, consumers, policies, or everyone, got an empty mapping',
      '1:82 audiences.all.callers: expected everyone, or a mapping that says who, got true',
    ],
    [
      'audiences: { partners: { callers: { tiers: [gold] }, include: partner } }',
      '1:45 audiences.partners.callers.tiers[0]: there is no tier "gold", nor any other',
      '1:63 audiences.partners.include: expected a list of tags, got "partner"',
    ],
  ]);
});

test('policies have one source, and no header is shown', async (context) => {
  await assertRefused(
    context,
    [
      ['authorization: { mode: hide }', '1:24 authorization.mode: expected one of mask, reject, got "hide"'],
      ['authorization: { policies: {} }', '1:18 authorization.policies.module: missing, expected "module" or "url"'],
      [
        'authorization: { policies: { module: policies.ts, url: https://authz.example } }',
        '1:56 authorization.policies.url: only one of module and url may stand here',
      ],
      [
        'authorization: { policies: { module: none.ts, timeout: 1s, headers: { x-key: SECRET } } }',
        '1:38 authorization.policies.module: there is no file "none.ts"',
      ],
      [
        'authorization: { policies: { url: https://u:SECRET@authz.example, timeout: 0s, cache: -1s } }',
        '1:35 authorization.policies.url: expected an http:// or https:// URL of an authoriser without user and password, got "https://***@authz.example"',
        '1:76 authorization.policies.timeout: expected a duration from 1ms to 24d, got "0s"',
        '1:87 authorization.policies.cache: expected a duration such as 800ms, 2s or 1.5m, got "-1s"',
      ],
      [
        'authorization: { policies: { url: https://authz.example, headers: { a b: SECRET, X: 5, x: "SECRET\\n", host: a } } }',
        '1:69 authorization.policies.headers.a b: expected a header name such as x-api-key',
        '1:85 authorization.policies.headers.X: expected a text, got a number; put quotes around it',
        '1:88 authorization.policies.headers.x: the same header stands here a second time (letter case does not count)',
        '1:91 authorization.policies.headers.x: expected a header value of Latin-1 letters without line breaks and control characters, got "***"',
        '1:103 authorization.policies.headers.host: the header cannot be set: it follows from the URL',
      ],
    ],
    { 'policies.ts': '' },
  );
});

test('addresses are IPv4 or IPv6, and an empty list of those allowed is not all of them', async (context) => {
  await assertRefused(context, [
    [
      'addresses: { allow: [] }',
      '1:21 addresses.allow: expected one address or network at least, or no "allow" for all, got an empty list',
    ],
    [
      'addresses: { allow: [10.0.0.0/33, "::1/129", example, 5], deny: 10.0.0.1, only: [] }',
      '1:22 addresses.allow[0]: expected an IPv4 or IPv6 address or network such as 10.0.0.0/8 or 2001:db8::/32, got "10.0.0.0/33"',
      '1:35 addresses.allow[1]: expected an IPv4 or IPv6 address or network such as 10.0.0.0/8 or 2001:db8::/32, got "::1/129"',
      '1:46 addresses.allow[2]: expected an IPv4 or IPv6 address or network such as 10.0.0.0/8 or 2001:db8::/32, got "example"',
      '1:55 addresses.allow[3]: expected an IPv4 or IPv6 address or network such as 10.0.0.0/8 or 2001:db8::/32, got 5',
      '1:65 addresses.deny: expected a list of addresses and networks, got "10.0.0.1"',
      '1:75 addresses.only: unknown key, known: allow, deny',
    ],
    ['addresses: [10.0.0.1]', '1:12 addresses: expected a mapping with the keys allow, deny, got a list'],
    ['trustedProxies: 10.0.0.1', '1:17 trustedProxies: expected a list of addresses and networks, got "10.0.0.1"'],
    [
      'trustedProxies: [10.0.0.0/8, proxy]',
      '1:30 trustedProxies[1]: expected an IPv4 or IPv6 address or network such as 10.0.0.0/8 or 2001:db8::/32, got "proxy"',
    ],
  ]);
});

test('origins are as browsers send them, and credentials go to named ones only', async (context) => {
  await assertRefused(context, [
    ['csrf: maybe', '1:7 csrf: expected true or false, got "maybe"'],
    ['cors: { origins: ["*"] }', '1:7 cors: expected a list of policies, each with its origins, got a mapping'],
    ['cors: [{}]', '1:8 cors[0].origins: missing, expected a list of origins'],
    ['cors: [{ origins: [] }]', '1:19 cors[0].origins: expected one origin at least, got an empty list'],
    [
      'cors: [{ origins: ["*"], credentials: true }, { origins: [https://a.example, "null"], credentials: true }]',
      '1:39 cors[0].credentials: credentials go with named origins only, not with * and null',
      '1:100 cors[1].credentials: credentials go with named origins only, not with * and null',
    ],
    [
      'cors: [{ origins: [https://a.example/, HTTPS://a.example, https://A.example, "https://a.example:443", a.example, "*.example"] }]',
      '1:20 cors[0].origins[0]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "https://a.example/"',
      '1:40 cors[0].origins[1]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "HTTPS://a.example"',
      '1:59 cors[0].origins[2]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "https://A.example"',
      '1:78 cors[0].origins[3]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "https://a.example:443"',
      '1:103 cors[0].origins[4]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "a.example"',
      '1:114 cors[0].origins[5]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "*.example"',
    ],
    [
      'cors: [{ origins: ["https://*", "https://*.*.example", "https://a.*.example", "https://a.example:99999", "https://u@a.example", "https://bücher.example"] }]',
      '1:20 cors[0].origins[0]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "https://*"',
      '1:33 cors[0].origins[1]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "https://*.*.example"',
      '1:56 cors[0].origins[2]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "https://a.*.example"',
      '1:79 cors[0].origins[3]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "https://a.example:99999"',
      '1:106 cors[0].origins[4]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "https://***@a.example"',
      '1:129 cors[0].origins[5]: expected an origin as browsers send it (https://app.example), with *. for one label, or * for all, got "https://bücher.example"',
    ],
    [
      'cors: [{ origins: ["*"], methods: [get], headers: [a b], exposedHeaders: x, maxAge: 10m }]',
      '1:36 cors[0].methods[0]: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, got "get"; did you mean "GET"?',
      '1:52 cors[0].headers[0]: expected a header name such as x-request-id, got "a b"',
      '1:74 cors[0].exposedHeaders: expected a list of header names, got "x"',
      '1:85 cors[0].maxAge: expected a number of seconds from 0 to 86400, got "10m"',
    ],
  ]);
});

test('security headers are no headers of one body, connection or client', async (context) => {
  await assertRefused(context, [
    [
      'securityHeaders: { X-Frame-Options: DENY, x-frame-options: "" }',
      '1:43 securityHeaders.x-frame-options: the same header stands here a second time (letter case does not count)',
    ],
    [
      'securityHeaders: { a b: x, te: x, content-type: x, set-cookie: x, x-a: "a\\nb", x-b: 5 }',
      '1:20 securityHeaders.a b: expected a header name such as x-api-key',
      '1:28 securityHeaders.te: the header cannot be set: it describes one connection and never passes the gateway',
      '1:35 securityHeaders.content-type: the header cannot be set: it describes the body',
      '1:52 securityHeaders.set-cookie: the header cannot be set: it would be the same for everybody',
      '1:72 securityHeaders.x-a: expected a header value of Latin-1 letters without line breaks and control characters, got "a\\nb"',
      '1:85 securityHeaders.x-b: expected a text; "" takes a default away, got 5',
    ],
  ]);
});

const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });

test('a certificate goes with its key, and neither is shown', async (context) => {
  await assertRefused(
    context,
    [
      [
        'tls: { cert: ./cert.pem, key: "${file:./key.pem}" }',
        '1:14 tls.cert: expected a certificate chain as PEM; "${file:./name.pem}" reads a file, got "***"',
      ],
      [
        'tls: { cert: "${file:./cert.pem}", key: SECRET }',
        '1:41 tls.key: expected a private key without passphrase as PEM; "${file:./name.pem}" reads a file, got "***"',
      ],
      [
        'tls: { cert: "${file:./cert.pem}", key: "${file:./other.pem}" }',
        '1:41 tls.key: the key is not that of the certificate',
      ],
      [
        'tls: { cert: "${file:./cert.pem}", key: "${file:./key.pem}", clientCertificate: require }',
        '1:81 tls.clientCertificate: needs "clientCa" beside it',
      ],
      [
        'tls: { cert: "${file:./cert.pem}", keys: "${file:./key.pem}", clientCertificate: yes }',
        '1:1 tls.key: missing, expected a private key without passphrase as PEM',
        '1:36 tls.keys: unknown key, did you mean "key"?',
        '1:82 tls.clientCertificate: expected one of none, request, require, got "yes"',
      ],
    ],
    { ...pemFiles, 'other.pem': otherKey },
  );
});

test('the URL of Redis is one, and not shown', async (context) => {
  await assertRefused(context, [
    ['redis: { url: http://u:SECRET@r.test }', '1:15 redis.url: expected a redis:// or rediss:// URL, got "***"'],
    ['redis: { url: ":SECRET@r.test:6379" }', '1:15 redis.url: expected a redis:// or rediss:// URL, got "***"'],
    [
      'redis: redis://:SECRET@r.test',
      '1:8 redis: expected a mapping with one of the keys url, sentinel, cluster, got "***"',
    ],
    ['redis: { url: redis:///1 }', '1:15 redis.url: expected a redis:// or rediss:// URL, got "***"'],
    ['redis: { url: redis:// }', '1:15 redis.url: expected a redis:// or rediss:// URL, got "***"'],
  ]);
});
