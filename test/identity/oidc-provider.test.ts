import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createIntrospectionProvider } from '../../src/identity/tokens/introspection.ts';
import { createOidcProvider } from '../../src/identity/tokens/oidc.ts';
import type { Provider } from '../../src/identity/types.ts';
import { oidcAudience, startOidcServer, type OidcServer } from '../support/oidc-server.ts';
import { introspectionConfig, oidcConfig } from '../support/token-configs.ts';
import { forge, requestWith } from '../support/tokens.ts';

let server: OidcServer;
let signed: Provider;
let opaque: Provider;
const clock = { aheadMs: 0 };
const now = (): number => Date.now() + clock.aheadMs;

before(async () => {
  server = await startOidcServer();
  const { issuer, gatewayClient } = server;
  const audiences = [oidcAudience];
  signed = createOidcProvider(oidcConfig({ issuer, audiences }), { now });
  const credentials = { clientId: gatewayClient.id, clientSecret: gatewayClient.secret };
  opaque = createIntrospectionProvider(
    introspectionConfig({ endpoint: { issuer }, issuers: [issuer], audiences, ...credentials }),
    { now },
  );
});
after(async () => {
  await Promise.all([signed.close(), opaque.close()]);
  await server.close();
});

describe('a token of a real OpenID provider', () => {
  for (const alg of ['RS256', 'ES256'] as const) {
    test(`that is a JWT (${alg}) says who asks`, async () => {
      const token = await server.tokenFor({ scope: 'read write', alg, claims: { roles: ['buyer'], tier: 'gold' } });
      const identity = await signed.identify(requestWith(token));
      assert.equal(identity?.subject, 'shop');
      assert.equal(identity.issuer, server.issuer);
      assert.deepEqual(identity.scopes, ['read', 'write']);
      assert.deepEqual(identity.roles, ['buyer']);
      assert.deepEqual(identity.consumerKeys, ['subject:shop', 'client:shop']);
      assert.equal(identity.claims['aud'], oidcAudience);
      assert.equal(signed.identify(requestWith(token)), identity);
    });
  }

  test('that is opaque says who asks', async () => {
    const token = await server.tokenFor({ scope: 'admin', format: 'opaque', client: 'partner' });
    const identity = await opaque.identify(requestWith(token));
    assert.equal(identity?.issuer, server.issuer);
    assert.deepEqual(identity.scopes, ['admin']);
    assert.ok(identity.consumerKeys.includes('client:partner'));
    assert.equal(opaque.identify(requestWith(token)), identity);
  });

  test('goes to the provider of its kind', async () => {
    const jwt = await server.tokenFor();
    const other = await server.tokenFor({ format: 'opaque' });
    assert.equal(opaque.identify(requestWith(jwt)), undefined);
    await assert.rejects(async () => signed.identify(requestWith(other)), { code: 'CREDENTIALS_MALFORMED' });
  });

  test('is refused when it was changed, or is for another audience', async () => {
    const token = await server.tokenFor({ scope: 'read' });
    const claims = { iss: server.issuer, sub: 'shop', aud: oidcAudience, scope: 'admin' };
    await assert.rejects(async () => signed.identify(requestWith(forge(token, claims))), {
      code: 'CREDENTIALS_INVALID',
    });
    for (const [format, provider] of [
      ['jwt', signed],
      ['opaque', opaque],
    ] as const) {
      const other = await server.tokenFor({ format, audience: 'https://other.example' });
      await assert.rejects(async () => provider.identify(requestWith(other)), { code: 'CREDENTIALS_WRONG_AUDIENCE' });
    }
  });

  test('is refused once it has expired', async () => {
    const jwt = await server.tokenFor({ lifetime: 10 });
    const other = await server.tokenFor({ lifetime: 10, format: 'opaque' });
    assert.ok(await signed.identify(requestWith(jwt)));
    assert.ok(await opaque.identify(requestWith(other)));
    clock.aheadMs = 10_001;
    try {
      await assert.rejects(async () => signed.identify(requestWith(jwt)), { code: 'CREDENTIALS_EXPIRED' });
      await assert.rejects(async () => opaque.identify(requestWith(other)), { code: 'CREDENTIALS_EXPIRED' });
    } finally {
      clock.aheadMs = 0;
    }
  });

  test('that is opaque is refused once it was revoked and is no longer kept', async () => {
    const token = await server.tokenFor({ format: 'opaque' });
    await server.revoke(token);
    await assert.rejects(async () => opaque.identify(requestWith(token)), { code: 'CREDENTIALS_UNKNOWN' });
  });

  test('cannot be asked about with a wrong secret', async (t) => {
    const { issuer, gatewayClient } = server;
    const wrong = createIntrospectionProvider(
      introspectionConfig({ endpoint: { issuer }, clientId: gatewayClient.id, clientSecret: 'wrong' }),
    );
    t.after(wrong.close);
    const token = await server.tokenFor({ format: 'opaque' });
    await assert.rejects(async () => wrong.identify(requestWith(token)), {
      code: 'IDENTITY_UNAVAILABLE',
      message: /expected status 200, but got: 401/,
    });
  });
});
