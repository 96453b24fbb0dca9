import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { startGuarded, wayNames, ways, type GuardedGateway } from '../../support/guarded-gateway.ts';
import { oidcAudience, startOidcServer, type OidcServer } from '../../support/oidc-server.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { weft } from '../../support/run-weft.ts';
import { bearer } from '../../support/shop-tokens.ts';
import { startGateway, type Json } from '../../support/start-gateway.ts';

/** A real OpenID provider and a real Redis, in front of GraphQL and REST alike. */

let oidc: OidcServer;
let redis: RedisServer;
before(async () => {
  [oidc, redis] = await Promise.all([startOidcServer(), startRedis()]);
});
after(async () => {
  await Promise.all([oidc.close(), redis.close()]);
});

const door = { access: { scopes: ['read'] } };

/** What every way answers, and which user the upstream saw. */
async function answers(
  { url, takeCalls }: Pick<GuardedGateway, 'url' | 'takeCalls'>,
  headers: Readonly<Record<string, string>>,
): Promise<readonly unknown[]> {
  const found: (readonly unknown[])[] = [];
  for (const name of wayNames) {
    takeCalls();
    const { status, code, challenges } = await ways[name](url, { headers });
    const { people } = takeCalls();
    found.push([
      status,
      code,
      challenges.join(),
      ...people.map((call) => [call.headers['x-user-id'], call.headers['x-owner']]),
    ]);
  }
  for (const other of found) assert.deepEqual(other, found[0]);
  return found[0] ?? [];
}

const told = (error: string, text: string): string =>
  `Bearer realm="weft", error="${error}", error_description="${text}"`;

describe('tokens of a real OpenID provider', () => {
  const start = async (t: TestContext, providers: readonly Json[]): Promise<GuardedGateway> =>
    startGuarded(t, { gateway: { identity: { providers }, consumers: { retail: { clients: ['shop'] } } }, door });

  test('JWTs are verified by the keys that discovery names, on both paths', async (t) => {
    const gateway = await start(t, [{ kind: 'oidc', issuer: oidc.issuer, audience: oidcAudience }]);
    const ask = async (request: Parameters<OidcServer['tokenFor']>[0]): Promise<unknown> =>
      answers(gateway, bearer(await oidc.tokenFor(request)));
    assert.deepEqual(await ask({ scope: 'read write', claims: { owner: 'acme' } }), [
      200,
      undefined,
      '',
      ['shop', 'acme'],
    ]);
    assert.deepEqual(await ask({ scope: 'read', alg: 'ES256', client: 'partner' }), [
      200,
      undefined,
      '',
      ['partner', undefined],
    ]);
    assert.deepEqual(await ask({ scope: 'write' }), [
      ...[403, 'ACCESS_DENIED'],
      `${told('insufficient_scope', 'The caller lacks a scope. Expected: read')}, scope="read"`,
    ]);
    assert.deepEqual(await ask({ scope: 'read', audience: 'https://other.example' }), [
      ...[401, 'CREDENTIALS_WRONG_AUDIENCE'],
      told('invalid_token', 'Expected a token for this gateway, but it is for another one.'),
    ]);
    const [header = '', claims = ''] = (await oidc.tokenFor({ scope: 'read' })).split('.');
    const [, , signature = ''] = (await oidc.tokenFor({ scope: 'read' })).split('.');
    assert.deepEqual((await answers(gateway, bearer(`${header}.${claims}.${signature}`))).slice(0, 2), [
      401,
      'CREDENTIALS_INVALID',
    ]);
  });

  test('opaque tokens are asked about, until they are revoked', async (t) => {
    const { id: clientId, secret: clientSecret } = oidc.gatewayClient;
    const introspection = {
      kind: 'introspection',
      issuer: oidc.issuer,
      clientId,
      clientSecret,
      audience: oidcAudience,
    };
    const gateway = await start(t, [
      { kind: 'oidc', issuer: oidc.issuer, audience: oidcAudience },
      { ...introspection, cache: { maxSize: 'off' } },
    ]);
    const token = await oidc.tokenFor({ format: 'opaque', scope: 'read' });
    // What this provider says of such a token has no "sub": it is known by its client, which is a consumer's.
    assert.deepEqual(await answers(gateway, bearer(token)), [200, undefined, '', [undefined, undefined]]);
    const jwt = await oidc.tokenFor({ scope: 'read' });
    assert.deepEqual(await answers(gateway, bearer(jwt)), [200, undefined, '', ['shop', undefined]]);
    const other = await oidc.tokenFor({ format: 'opaque', scope: 'read', audience: 'https://other.example' });
    assert.deepEqual((await answers(gateway, bearer(other))).slice(0, 2), [401, 'CREDENTIALS_WRONG_AUDIENCE']);
    await oidc.revoke(token);
    assert.deepEqual((await answers(gateway, bearer(token))).slice(0, 2), [401, 'CREDENTIALS_UNKNOWN']);
  });
});

test('keys that "weft keys" makes in Redis are known to two gateways, until it revokes them', async (t) => {
  const providers = [{ kind: 'api-key', store: 'redis', cache: '20ms' }];
  const gateway = await startGuarded(t, {
    gateway: {
      redis: { url: redis.url },
      identity: { providers, revocations: { store: 'redis', refresh: '20ms' } },
      consumers: { acme: {} },
      tiers: { pro: { scopes: ['read'] } },
    },
    door,
  });
  const second = await startGateway({ dir: gateway.dir });
  t.after(second.close);
  const gateways = [gateway, { url: second.url, takeCalls: gateway.takeCalls }];
  const keys = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await weft(t, ['keys', ...args, '--dir', gateway.dir]);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  /** Until both say so; the test's time limit ends what never does. */
  const bothSay = async (key: string, code: string): Promise<void> => {
    for (const each of gateways) {
      while ((await ways['GET /api'](each.url, { headers: { 'x-api-key': key } })).code !== code)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual((await answers(each, { 'x-api-key': key })).slice(0, 3), [401, code, 'ApiKey realm="weft"']);
    }
  };
  const [pro, plain, third, unused] = await Promise.all([
    keys('create', '--owner', 'acme', '--tier', 'pro', '--expires', '90d'),
    keys('create', '--owner', 'acme', '--scopes', 'write'),
    keys('create', '--owner', 'acme', '--scopes', 'read,write'),
    keys('create', '--owner', 'acme', '--scopes', 'read'),
  ]);
  for (const each of gateways) {
    assert.deepEqual(await answers(each, { 'x-api-key': pro }), [200, undefined, '', [undefined, 'acme']]);
    assert.deepEqual(await answers(each, { 'x-api-key': third }), [200, undefined, '', [undefined, 'acme']]);
    assert.deepEqual(await answers(each, { 'x-api-key': plain }), [403, 'ACCESS_DENIED', '']);
  }
  const idOf = (key: string): string => key.split('_')[1] ?? '';
  await Promise.all([keys('revoke', idOf(pro)), keys('revoke-token', '--key', idOf(third))]);
  await bothSay(pro, 'CREDENTIALS_REVOKED');
  await bothSay(third, 'CREDENTIALS_REVOKED');
  for (const each of gateways)
    assert.equal((await ways['GET /api'](each.url, { headers: { 'x-api-key': plain } })).status, 403);
  await redis.stop();
  for (const each of gateways)
    assert.deepEqual(await answers(each, { 'x-api-key': unused }), [503, 'IDENTITY_UNAVAILABLE', '']);
  await redis.restart();
  // It is empty now, and nothing of what was there before is believed.
  await bothSay(unused, 'CREDENTIALS_UNKNOWN');
});
