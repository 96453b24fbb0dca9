import { test, type TestContext } from 'node:test';
import { assertRefused, type Refused } from './folder.ts';
import { pemFiles } from './pem.ts';

const files = { ...pemFiles, 'jwks.json': '{}' };

/** Keys of one provider, and for each refusal its column and what it says after `identity.providers[0]`. */
type RefusedProvider = readonly [keys: string, ...issues: readonly (readonly [column: number, message: string])[]];

async function assertProvidersRefused(context: TestContext, table: readonly RefusedProvider[]): Promise<void> {
  const whole = table.map(([keys, ...issues]): Refused => {
    const lines = issues.map(([column, message]) => `3:${column} identity.providers[0]${message}`);
    return [`identity:\n  providers:\n    - { ${keys} }\n`, ...lines];
  });
  await assertRefused(context, whole, files);
}

test('a provider without a kind, or of another one, is told which there are', async (context) => {
  await assertProvidersRefused(context, [
    [
      'keys: { file: jwks.json }',
      [7, '.kind: missing, expected one of jwt, oidc, introspection, api-key, basic, mtls'],
    ],
    [
      'kind: jtw, keys: { file: jwks.json }',
      [15, '.kind: expected one of jwt, oidc, introspection, api-key, basic, mtls, got "jtw"; did you mean "jwt"?'],
    ],
    ['kind: [jwt]', [15, '.kind: expected one of jwt, oidc, introspection, api-key, basic, mtls, got a list']],
  ]);
});

test('keys have exactly one source, are long enough and go with their algorithms; none is shown', async (context) => {
  await assertProvidersRefused(context, [
    ['kind: jwt', [7, '.keys: missing, expected a mapping with one of the keys url, file, secret, publicKey']],
    [
      'kind: jwt, keys: https://id.example/jwks',
      [26, '.keys: expected a mapping with one of the keys url, file, secret, publicKey, got "***"'],
    ],
    [
      'kind: jwt, keys: [{ file: jwks.json }]',
      [26, '.keys: expected a mapping with one of the keys url, file, secret, publicKey, got a list'],
    ],
    ['kind: jwt, keys: {}', [26, '.keys: expected one of the keys url, file, secret, publicKey, got an empty mapping']],
    [
      'kind: jwt, keys: { url: https://id.example/jwks, extra: 1 }',
      [58, '.keys.extra: unknown key, known: url, file, secret, publicKey'],
    ],
    ['kind: jwt, keys: { ulr: https://id.example/jwks }', [28, '.keys.ulr: unknown key, did you mean "url"?']],
    [
      'kind: jwt, keys: { url: https://id.example/jwks, file: jwks.json }',
      [26, '.keys: only one of url, file, secret, publicKey may stand here, not url and file'],
    ],
    [
      'kind: jwt, keys: { url: id.example/jwks }',
      [33, '.keys.url: expected an http:// or https:// URL of a JWKS, got "id.example/jwks"'],
    ],
    [
      'kind: jwt, keys: { url: "https:/id.example/jwks" }',
      [33, '.keys.url: expected an http:// or https:// URL of a JWKS, got "https:/id.example/jwks"'],
    ],
    [
      'kind: jwt, keys: { url: https://me:SECRET@id.example/jwks }',
      [
        33,
        '.keys.url: expected an http:// or https:// URL of a JWKS without user and password, got "https://***@id.example/jwks"',
      ],
    ],
    ['kind: jwt, keys: { file: none.json }', [34, '.keys.file: there is no file "none.json"']],
    [
      'kind: jwt, keys: { secret: SECRET-of-31-bytes-0123456789ab }',
      [36, '.keys.secret: expected a secret of 32 bytes or more, as HS256 asks for (RFC 7518, 3.2), got "***"'],
    ],
    [
      'kind: jwt, keys: { secret: 01234567890123456789012345678901 }',
      [36, '.keys.secret: expected a secret, got a number; put quotes around it'],
    ],
    [
      'kind: jwt, keys: { secret: SECRET-of-47-bytes-0123456789-0123456789-012345 }, algorithms: [HS384]',
      [36, '.keys.secret: expected a secret of 48 bytes or more, as HS384 asks for (RFC 7518, 3.2), got "***"'],
    ],
    [
      'kind: jwt, keys: { secret: SECRET-of-63-bytes-0123456789-0123456789-0123456789-0123456789-}, algorithms: [HS256, HS512, HS384]',
      [36, '.keys.secret: expected a secret of 64 bytes or more, as HS512 asks for (RFC 7518, 3.2), got "***"'],
    ],
    [
      'kind: jwt, keys: { publicKey: ./cert.pem }',
      [
        39,
        '.keys.publicKey: expected a public key (SPKI) or certificate as PEM; "${file:./name.pem}" reads a file, got "***"',
      ],
    ],
    [
      'kind: jwt, keys: { publicKey: "${file:./key.pem}" }',
      [39, '.keys.publicKey: expected a public key (SPKI) or certificate as PEM, got "***" (from ${file:./key.pem})'],
    ],
    [
      'kind: jwt, keys: { publicKey: "${file:./cert.pem}" }, algorithms: [ES256, RS256, HS256]',
      [83, '.algorithms[1]: RS256 does not go with "publicKey", which is of type ec prime256v1'],
      [90, '.algorithms[2]: HS256 goes with a secret only'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, algorithms: [RS256, HS256]',
      [67, '.algorithms[1]: HS256 goes with a secret only'],
    ],
    [
      'kind: jwt, keys: { secret: SECRET-of-32-bytes-0123456789abc }, algorithms: [HS256, ES256]',
      [92, '.algorithms[1]: ES256 does not go with a secret'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, algorithms: []',
      [59, '.algorithms: expected one algorithm at least, got an empty list'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, algorithms: RS256',
      [
        59,
        '.algorithms: expected a list of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, got "RS256"',
      ],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, algorithms: [none, rs256]',
      [
        60,
        '.algorithms[0]: expected one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, got "none"',
      ],
      [
        66,
        '.algorithms[1]: expected one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, got "rs256"; did you mean "RS256"?',
      ],
    ],
  ]);
});

test('places of credentials are told apart, and authorization is read as bearer only', async (context) => {
  await assertProvidersRefused(context, [
    [
      'kind: jwt, keys: { file: jwks.json }, from: bearer',
      [53, '.from: expected a list such as [bearer, { cookie: NAME }], got "bearer"'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, from: { cookie: session }',
      [53, '.from: expected a list such as [bearer, { cookie: NAME }], got a mapping'],
    ],
    ['kind: jwt, keys: { file: jwks.json }, from: []', [53, '.from: expected one place at least, got an empty list']],
    [
      'kind: jwt, keys: { file: jwks.json }, from: [berer, { headr: x }, {}, { header: x, cookie: y }]',
      [54, '.from[0]: expected bearer, { header: NAME }, { cookie: NAME } or { query: NAME }, got "berer"'],
      [63, '.from[1].headr: unknown key, did you mean "header"?'],
      [75, '.from[2]: expected one of the keys header, cookie, query, got an empty mapping'],
      [79, '.from[3]: only one of header, cookie, query may stand here, not header and cookie'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, from: [{ header: Authorization }, { header: cookie }, { header: te }, { header: a b }]',
      [
        64,
        '.from[0].header: credentials cannot be read from this header: write bearer in place of { header: authorization }',
      ],
      [91, '.from[1].header: credentials cannot be read from this header: write { cookie: NAME }'],
      [
        111,
        '.from[2].header: credentials cannot be read from this header: it describes one connection and never passes the gateway',
      ],
      [127, '.from[3].header: expected a header name such as x-api-key, got "a b"'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, from: [{ cookie: a=b }, { query: "" }]',
      [64, '.from[0].cookie: expected the name of a cookie, got "a=b"'],
      [80, '.from[1].query: expected the name of a query parameter, got ""'],
    ],
  ]);
});

test('what a token must have is told key by key', async (context) => {
  await assertProvidersRefused(context, [
    [
      'kind: jwt, keys: { file: jwks.json }, isuer: https://id.example',
      [47, '.isuer: unknown key, did you mean "issuer"?'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, issuer: [], audience: [5]',
      [55, '.issuer: expected an issuer, got an empty list'],
      [70, '.audience[0]: expected an audience, got 5'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, issuer: 5, audience: {}',
      [55, '.issuer: expected an issuer, or a list of them, got 5'],
      [68, '.audience: expected an audience, or a list of them, got an empty mapping'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, clockTolerance: -1s, maxTokenSize: 0B',
      [63, '.clockTolerance: expected a duration such as 800ms, 2s or 1.5m, got "-1s"'],
      [82, '.maxTokenSize: expected a size of at least 1B, got "0B"'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, claims: { scopes: a..b, role: x }',
      [65, '.claims.scopes: expected a dotted path such as scope, got "a..b"'],
      [71, '.claims.role: unknown key, did you mean "roles"?'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, requiredClaims: sub',
      [63, '.requiredClaims: expected a list of claims, got "sub"'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, cache: 5m',
      [54, '.cache: expected a mapping with the keys maxSize, maxAge, got "5m"'],
    ],
    [
      'kind: jwt, keys: { file: jwks.json }, cache: { maxSize: of, maxAge: 0s }',
      [65, '.cache.maxSize: expected a size such as 16MiB, or off, got "of"'],
      [77, '.cache.maxAge: expected a duration from 1ms to 24d, got "0s"'],
    ],
    [
      'kind: jwt, keys: { url: https://id.example/jwks }, remote: { maxAge: 0s, cooldown: 0s, timeout: 25d, maxSize: 5 }',
      [78, '.remote.maxAge: expected a duration from 1ms to 24d, got "0s"'],
      [92, '.remote.cooldown: expected a duration from 1ms to 24d, got "0s"'],
      [105, '.remote.timeout: expected a duration from 1ms to 24d, got "25d"'],
      [119, '.remote.maxSize: expected a size such as 512KiB, 4MiB or 1MB, got 5'],
    ],
  ]);
});

test('each other kind is told what it lacks and what it does not know', async (context) => {
  await assertProvidersRefused(context, [
    ['kind: oidc', [7, '.issuer: missing, expected an http:// or https:// URL of an issuer']],
    [
      'kind: oidc, issuer: id.example',
      [29, '.issuer: expected an http:// or https:// URL of an issuer, got "id.example"'],
    ],
    [
      'kind: oidc, issuer: https://id.example/?tenant=1',
      [
        29,
        '.issuer: expected an http:// or https:// URL of an issuer without query and fragment, got "https://id.example/?tenant=1"',
      ],
    ],
    [
      'kind: oidc, issuer: https://id.example, keys: { file: jwks.json }',
      [
        49,
        '.keys: unknown key, known: kind, name, from, audience, clockTolerance, maxTokenSize, claims, hideCredentials, requiredClaims, issuer, algorithms, remote, cache',
      ],
    ],
    [
      'kind: introspection',
      [7, '.clientId: missing, expected a client id'],
      [7, '.clientSecret: missing, expected a client secret'],
      [7, '.url: missing, expected "url" or "issuer"'],
    ],
    ['kind: introspection, clientId: weft, clientSecret: SECRET', [7, '.url: missing, expected "url" or "issuer"']],
    [
      'kind: introspection, clientId: weft, clientSecret: 123456, url: https://id.example/introspect',
      [60, '.clientSecret: expected a client secret, got a number; put quotes around it'],
    ],
    [
      'kind: introspection, clientId: weft, clientSecret: SECRET, url: https://id.example/introspect, clientAuth: jwt, tokens: jwt',
      [116, '.clientAuth: expected one of basic, post, got "jwt"'],
      [129, '.tokens: expected one of opaque, all, got "jwt"'],
    ],
    ['kind: api-key', [7, '.file: missing, expected "file" or "store: redis"']],
    [
      'kind: api-key, file: keys.json, store: redis',
      [48, '.store: only one of file and store may stand here'],
      [48, '.store: redis needs the section "redis", which is missing'],
    ],
    ['kind: api-key, store: radis', [31, '.store: expected redis, got "radis"']],
    ['kind: api-key, store: redis', [31, '.store: redis needs the section "redis", which is missing']],
    ['kind: api-key, fil: keys.json', [24, '.fil: unknown key, did you mean "file"?']],
    [
      'kind: api-key, file: keys.json, cache: -1s, from: [{ header: authorization }]',
      [48, '.cache: expected a duration such as 800ms, 2s or 1.5m, got "-1s"'],
      [
        70,
        '.from[0].header: credentials cannot be read from this header: write bearer in place of { header: authorization }',
      ],
    ],
    ['kind: basic', [15, '.kind: basic needs a consumer with a "passwordHash", but there is none']],
    [
      'kind: basic, hideCredential: false',
      [15, '.kind: basic needs a consumer with a "passwordHash", but there is none'],
      [22, '.hideCredential: unknown key, did you mean "hideCredentials"?'],
    ],
    ['kind: mtls', [15, '.kind: mtls needs "tls.clientCertificate: request" or "require"']],
    [
      'kind: mtls, from: client-cert',
      [27, '.from: client-cert is believed of "trustedProxies" only, and there are none'],
    ],
    [
      'kind: mtls, from: header',
      [15, '.kind: mtls needs "tls.clientCertificate: request" or "require"'],
      [27, '.from: expected one of tls, client-cert, got "header"'],
    ],
  ]);
});
