import assert from 'node:assert/strict';
import { before, describe, test, type TestContext } from 'node:test';
import type { RemoteDocumentConfig } from '../../src/config/identity-types.ts';
import { discoverUrl } from '../../src/identity/tokens/discovery.ts';
import { createOidcProvider } from '../../src/identity/tokens/oidc.ts';
import { startIdentityServer, type IdentityServer } from '../support/identity-server.ts';
import { listenToNotices } from '../support/notices.ts';
import { oidcConfig, quickRemote } from '../support/token-configs.ts';
import { createSigner, requestWith, type Signer } from '../support/tokens.ts';

const startMs = 1_700_000_000_000;
const wellKnown = '/.well-known/openid-configuration';

let first: Signer;
let second: Signer;
before(async () => {
  [first, second] = await Promise.all([createSigner('ES256', 'first'), createSigner('ES256', 'second')]);
});

interface Setup {
  readonly server: IdentityServer;
  readonly clock: { nowMs: number };
  /** What came of a token of the server's: the subject, or the code that it was refused with. */
  readonly ask: (signer: Signer, claims?: object) => Promise<string | undefined>;
}

async function setUp(t: TestContext, remote: Partial<RemoteDocumentConfig> = {}, path = ''): Promise<Setup> {
  const server = await startIdentityServer(t);
  const clock = { nowMs: startMs };
  const issuer = server.url + path;
  const config = oidcConfig({ issuer, remote: { ...quickRemote, ...remote } });
  const provider = createOidcProvider(config, { now: () => clock.nowMs });
  t.after(provider.close);
  server.setKeys(first.jwk);
  return {
    ...{ server, clock },
    ask: async (signer, claims) => {
      try {
        const token = await signer.sign({ iss: issuer, sub: 'alice', jti: crypto.randomUUID(), ...claims });
        return (await provider.identify(requestWith(token)))?.subject;
      } catch (error) {
        return (error as { readonly code: string }).code;
      }
    },
  };
}

describe('an issuer', () => {
  test('names its keys in its discovery document, which is fetched with the first token', async (t) => {
    const { server, ask } = await setUp(t);
    assert.equal(server.calls.length, 0);
    assert.equal(await ask(first), 'alice');
    assert.equal(await ask(first), 'alice');
    assert.deepEqual(
      server.calls.map(({ path }) => path),
      [wellKnown, '/jwks'],
    );
  });

  test('with a slash at its end has one slash in the address of the document, and keeps its own', async (t) => {
    const { server, ask } = await setUp(t, {}, '/');
    server.setDiscovery({ issuer: `${server.url}/` });
    assert.equal(await ask(first), 'alice');
    assert.equal(server.calls[0]?.path, wellKnown);
    assert.equal(await ask(first, { iss: server.url }), 'CREDENTIALS_WRONG_ISSUER');
  });

  test('of other tokens is another one', async (t) => {
    const { ask } = await setUp(t);
    assert.equal(await ask(first, { iss: 'https://other.example' }), 'CREDENTIALS_WRONG_ISSUER');
    assert.equal(await ask(first, { iss: undefined }), 'CREDENTIALS_WRONG_ISSUER');
  });

  test('that moves its keys is followed', async (t) => {
    const { server, ask } = await setUp(t);
    assert.equal(await ask(first), 'alice');
    const moved = await startIdentityServer(t);
    moved.setKeys(second.jwk);
    server.setDiscovery({ jwks_uri: moved.jwksUrl });
    assert.equal(await ask(second), 'alice');
    assert.equal(moved.count('/jwks'), 1);
  });

  test('whose document names another issuer is not believed', async (t) => {
    const notices = listenToNotices(t);
    const { server, ask } = await setUp(t);
    for (const issuer of [`${server.url}/`, 'https://other.example', undefined, 7]) {
      server.setDiscovery({ issuer });
      assert.equal(await ask(first), 'IDENTITY_UNAVAILABLE');
    }
    assert.equal(server.count('/jwks'), 0);
    assert.match(notices.all[0]?.message ?? '', /Expected the discovery document of http\S+ to name this issuer/);
  });

  test('whose document names no address of keys has none', async (t) => {
    const { server, clock, ask } = await setUp(t);
    for (const jwks of [undefined, 7, 'jwks', 'file:///etc/passwd', 'data:application/json,{"keys":[]}']) {
      server.setDiscovery({ jwks_uri: jwks });
      assert.equal(await ask(first), 'IDENTITY_UNAVAILABLE');
      clock.nowMs += quickRemote.cooldownMs;
    }
    assert.equal(server.count('/jwks'), 0);
  });

  test('that is down keeps nothing from starting, and is there when it is back', async (t) => {
    const { server, clock, ask } = await setUp(t);
    await server.goDown();
    assert.equal(await ask(first), 'IDENTITY_UNAVAILABLE');
    await server.comeUp();
    assert.equal(await ask(first), 'IDENTITY_UNAVAILABLE');
    clock.nowMs += quickRemote.cooldownMs;
    assert.equal(await ask(first), 'alice');
  });

  test('that goes down leaves the keys that are known', async (t) => {
    const { server, clock, ask } = await setUp(t);
    assert.equal(await ask(first), 'alice');
    await server.goDown();
    clock.nowMs += 3 * quickRemote.maxAgeMs;
    assert.equal(await ask(first), 'alice');
  });

  test('that never answers is not waited for longer than configured', async (t) => {
    const { server, ask } = await setUp(t, { timeoutMs: 100 });
    server.setMood('silent');
    assert.equal(await ask(first), 'IDENTITY_UNAVAILABLE');
    assert.equal(server.calls.length, 1);
  });
});

describe('a provider is not made', () => {
  test('of an issuer that has no discovery document, or of HS* algorithms', () => {
    for (const issuer of ['issuer', 'ftp://127.0.0.1', 'http://127.0.0.1/?a=b', 'http://a:b@127.0.0.1/']) {
      assert.throws(() => createOidcProvider(oidcConfig({ issuer })), { code: 'CONFIGURATION_INVALID' });
    }
    const algorithms = ['RS256', 'HS256'] as const;
    assert.throws(() => createOidcProvider(oidcConfig({ issuer: 'http://127.0.0.1', algorithms })), {
      code: 'CONFIGURATION_INVALID',
    });
  });
});

test('an https issuer cannot send for its keys over http', async () => {
  const issuer = 'https://issuer.example';
  const asked = async (jwks: string): Promise<string> => {
    const client = { ask: async () => ({ value: { issuer, jwks_uri: jwks }, bytes: 0 }), close: async () => {} };
    return discoverUrl(client, issuer, { name: 'jwks_uri', signal: AbortSignal.timeout(1000) });
  };
  assert.equal(await asked('https://keys.example/jwks'), 'https://keys.example/jwks');
  await assert.rejects(asked('http://keys.example/jwks'), { code: 'IDENTITY_UNAVAILABLE' });
});
