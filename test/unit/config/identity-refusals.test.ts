import { test } from 'node:test';
import { assertRefused } from './folder.ts';

const files = { 'jwks.json': '{}' };

test('no two providers have one name, be it given or by default', async (context) => {
  await assertRefused(
    context,
    [
      [
        'identity: { providers: [{ kind: api-key, file: a.json }, { kind: api-key, file: b.json, name: api-key }] }',
        '1:95 identity.providers[1].name: identity.providers[0] has this name by default',
      ],
      [
        'identity: { providers: [{ kind: basic, name: jwt }, { kind: jwt, keys: { file: jwks.json } }] }\nconsumers: { acme: { passwordHash: $scrypt$ln=15$c2FsdA$aGFzaA } }',
        '1:46 identity.providers[0].name: identity.providers[1] has this name by default',
      ],
      [
        'identity: { providers: [{ kind: api-key, file: a.json, name: keys }, { kind: api-key, file: b.json, name: keys }] }',
        '1:107 identity.providers[1].name: identity.providers[0] has this name too',
      ],
    ],
    files,
  );
});

test('a provider that an earlier one leaves nothing is refused', async (context) => {
  await assertRefused(
    context,
    [
      [
        'identity:\n  providers:\n    - { kind: jwt, keys: { file: jwks.json } }\n    - { kind: jwt, keys: { file: jwks.json }, issuer: https://id.example }\n    - { kind: oidc, issuer: https://id.example }',
        '4:7 identity.providers[1]: identity.providers[0] has no "issuer" and takes every token before this one',
        '5:7 identity.providers[2]: identity.providers[0] has no "issuer" and takes every token before this one',
      ],
      [
        'identity:\n  providers:\n    - { kind: jwt, keys: { file: jwks.json }, issuer: [https://a.example, https://b.example] }\n    - { kind: oidc, issuer: https://b.example }',
        '4:29 identity.providers[1].issuer: identity.providers[0] has the same issuer and takes its tokens before this one',
      ],
      [
        'identity:\n  providers:\n    - { kind: jwt, keys: { file: jwks.json }, from: [{ header: X-A }] }\n    - { kind: oidc, issuer: https://b.example, from: [bearer, { header: x-a }] }',
        '4:7 identity.providers[1]: identity.providers[0] has no "issuer" and takes every token before this one',
      ],
      [
        'identity: { providers: [{ kind: basic }, { kind: basic }] }\nconsumers: { acme: { passwordHash: $scrypt$ln=15$c2FsdA$aGFzaA } }',
        '1:50 identity.providers[1].kind: identity.providers[0] takes every password before this one',
      ],
      [
        'identity: { providers: [{ kind: mtls, from: client-cert }, { kind: mtls, from: client-cert }] }\ntrustedProxies: [10.0.0.1]',
        '1:68 identity.providers[1].kind: identity.providers[0] takes every such certificate before this one',
      ],
    ],
    files,
  );
});

test('identity and revocations are told what they lack', async (context) => {
  await assertRefused(
    context,
    [
      [
        'identity: { anonymous: sometimes, provider: [], revocations: {} }',
        '1:24 identity.anonymous: expected true or false, got "sometimes"',
        '1:35 identity.provider: unknown key, did you mean "providers"?',
        '1:49 identity.revocations.file: missing, expected "file" or "store: redis"',
      ],
      [
        'identity: { revocations: { store: redis, refresh: 0s } }',
        '1:35 identity.revocations.store: redis needs the section "redis", which is missing',
        '1:51 identity.revocations.refresh: expected a duration from 1ms to 24d, got "0s"',
      ],
      [
        'identity: { revocations: { file: revoked.json, refresh: 2m } }',
        '1:13 identity.revocations.maxStale: it is shorter than "refresh", so that the list would be too old before each look at it',
      ],
      [
        'identity: { providers: { kind: jwt } }',
        '1:24 identity.providers: expected a list of providers, got a mapping',
      ],
      [
        'identity: { providers: [jwt] }',
        '1:25 identity.providers[0]: expected a mapping with "kind", one of jwt, oidc, introspection, api-key, basic, mtls, got "jwt"',
      ],
      ['identity:', '1:10 identity: expected a mapping with the keys anonymous, providers, revocations, got nothing'],
    ],
    files,
  );
});
