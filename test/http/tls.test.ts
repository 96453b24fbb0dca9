import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request, type RequestOptions } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, test, type TestContext } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { TlsConfig } from '../../src/config/identity-types.ts';
import { createTrustedProxies } from '../../src/policies/client-address.ts';
import { checkCrossSite } from '../../src/policies/csrf.ts';
import { clientCertificateOf } from '../../src/server/client-certificate.ts';
import { startHttpServer, type HttpServer } from '../../src/server/http-server.ts';
import type { Lanes } from '../../src/server/lanes.ts';

const dir = mkdtempSync(join(tmpdir(), 'weft-tls-'));
after(() => rmSync(dir, { recursive: true, force: true }));

interface Pair {
  readonly cert: string;
  readonly key: string;
}

const ca = makePair('listener-ca', ['-subj', '/CN=Weft test authority']);
const localhost = makePair('listener-server', [...signedBy('listener-ca'), '-addext', 'subjectAltName=IP:127.0.0.1']);
const client = makePair('listener-client', [...signedBy('listener-ca'), '-subj', '/CN=acme']);
const stranger = makePair('listener-stranger', ['-subj', '/CN=acme']);

function signedBy(name: string): readonly string[] {
  return ['-CA', join(dir, `${name}.crt`), '-CAkey', join(dir, `${name}.key`)];
}

/** A certificate with its key; self-signed where nobody signs it. */
function makePair(name: string, args: readonly string[]): Pair {
  const file = (ending: string): string => join(dir, `${name}.${ending}`);
  const config = file('cnf');
  writeFileSync(config, '[req]\ndistinguished_name = dn\n[dn]\n');
  const subject = args.includes('-subj') ? [] : ['-subj', `/CN=${name}`];
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-config', config];
  const out = ['-keyout', file('key'), '-out', file('crt')];
  execFileSync(process.env['OPENSSL_PATH'] ?? 'openssl', ['req', '-x509', ...fresh, ...out, ...subject, ...args], {
    stdio: 'pipe',
  });
  return { cert: readFileSync(file('crt'), 'utf8'), key: readFileSync(file('key'), 'utf8') };
}

const { clientOf } = createTrustedProxies([]);

/** Tells the client who it is. */
const lanes: Lanes = {
  graphqlPath: '/graphql',
  graphql: async (req, res) => {
    const der = clientCertificateOf(req);
    const subject = der && new X509Certificate(der).subject;
    const { protocol } = clientOf(req);
    res.end(JSON.stringify({ subject, protocol }));
  },
  readiness: () => ({ ready: true, upstreams: {} }),
};

async function start(t: TestContext, changes: Partial<TlsConfig> = {}, served = lanes): Promise<HttpServer> {
  const tls = { ...localhost, clientCa: ca.cert, clientCertificate: 'none' as const, ...changes };
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, lanes: () => served, drainMs: 0, tls });
  t.after(async () => server.close());
  return server;
}

async function ask({ url }: HttpServer, options: RequestOptions = {}): Promise<{ subject?: string; protocol: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${url}/graphql`, { agent: false, ca: ca.cert, ...options }, resolve)
      .once('error', reject)
      .end();
  });
  return JSON.parse(await text(response)) as { subject?: string; protocol: string };
}

describe('a listener with a certificate', () => {
  test('serves HTTPS and says so in its URL', async (t) => {
    const server = await start(t);
    assert.equal(server.url, `https://127.0.0.1:${server.port}`);
    assert.deepEqual(await ask(server), { protocol: 'https' });
  });

  test('speaks no older TLS than 1.2', async (t) => {
    const { port } = await start(t);
    const protocolOf = async (version: NonNullable<ConnectionOptions['minVersion']>): Promise<string | null> => {
      const limits = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
      const socket = connect({ port, host: '127.0.0.1', ca: ca.cert, ...limits });
      try {
        await once(socket, 'secureConnect');
        return socket.getProtocol();
      } finally {
        socket.destroy();
      }
    };
    assert.equal(await protocolOf('TLSv1.3'), 'TLSv1.3');
    assert.equal(await protocolOf('TLSv1.2'), 'TLSv1.2');
    await assert.rejects(protocolOf('TLSv1.1'));
  });

  test('closes connections that speak plain HTTP, and serves the next', async (t) => {
    const server = await start(t);
    const socket = connectPlain(server.port, '127.0.0.1');
    socket.write('GET /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    assert.doesNotMatch(await text(socket), /^HTTP/);
    assert.deepEqual(await ask(server), { protocol: 'https' });
  });

  test('answers what is no HTTP with a 400, over TLS too', async (t) => {
    const { port } = await start(t);
    const socket = connect({ port, host: '127.0.0.1', ca: ca.cert });
    socket.write('nonsense\r\n\r\n');
    assert.match(await text(socket), /^HTTP\/1\.1 400 /);
  });

  test('asks nobody for a certificate unless it is told to', async (t) => {
    const isGiven = async (clientCertificate: TlsConfig['clientCertificate']): Promise<boolean> => {
      let given = false;
      const looking: Lanes = {
        ...lanes,
        graphql: async (req, res) => {
          given = (req.socket as TLSSocket).getPeerX509Certificate() !== undefined;
          res.end('{}');
        },
      };
      await ask(await start(t, { clientCertificate }, looking), client);
      return given;
    };
    assert.deepEqual([await isGiven('none'), await isGiven('request')], [false, true]);
  });
});

describe('a listener that requests client certificates', () => {
  test('knows those of its authority', async (t) => {
    const server = await start(t, { clientCertificate: 'request' });
    assert.equal((await ask(server, client)).subject, 'CN=acme');
  });

  test('serves those who have none, or one of another authority, as nobody', async (t) => {
    const server = await start(t, { clientCertificate: 'request' });
    assert.deepEqual(await ask(server), { protocol: 'https' });
    assert.deepEqual(await ask(server, stranger), { protocol: 'https' });
  });

  test('knows a client whose TLS session is resumed, and no stranger thereby', async (t) => {
    const server = await start(t, { clientCertificate: 'request' });
    for (const [pair, subject] of [
      [client, 'CN=acme'],
      [stranger, undefined],
    ] as const) {
      const agent = new Agent({ keepAlive: false, maxVersion: 'TLSv1.2' });
      const resumed: boolean[] = [];
      for (let round = 0; round < 2; round += 1) {
        const call = request(`${server.url}/graphql`, { agent, ca: ca.cert, ...pair }).end();
        const [response] = (await once(call, 'response')) as [IncomingMessage];
        resumed.push((response.socket as unknown as { isSessionReused: () => boolean }).isSessionReused());
        assert.equal((JSON.parse(await text(response)) as { subject?: string }).subject, subject);
      }
      assert.deepEqual(resumed, [false, true]);
      agent.destroy();
    }
  });
});

describe('a listener that requires client certificates', () => {
  test('serves those of its authority alone', async (t) => {
    const server = await start(t, { clientCertificate: 'require' });
    assert.equal((await ask(server, client)).subject, 'CN=acme');
    await assert.rejects(ask(server));
    await assert.rejects(ask(server, stranger));
  });
});

test('a verified certificate is a credential that browsers send unasked', async (t) => {
  const verdicts: boolean[] = [];
  const cors = { trust: () => 'without-credentials' as const };
  const deciding: Lanes = {
    ...lanes,
    graphql: async (req, res) => {
      try {
        checkCrossSite(req, { client: clientOf(req), cors });
        verdicts.push(true);
      } catch {
        verdicts.push(false);
      }
      res.end('{}');
    },
  };
  const server = await start(t, { clientCertificate: 'request' }, deciding);
  const headers = { origin: 'https://public.example', 'sec-fetch-site': 'cross-site' };
  await ask(server, { headers });
  await ask(server, { headers, ...client });
  assert.deepEqual(verdicts, [true, false]);
});

describe('a listener that cannot use what it is given does not start, and says why in one line', () => {
  const reasons: readonly (readonly [string, Partial<TlsConfig>, RegExp])[] = [
    [
      'a certificate that is none',
      { cert: 'nonsense' },
      /^tls\.cert: expected a certificate chain as PEM, but it cannot be used \(\w+\)$/,
    ],
    ['a key in place of the certificate', { cert: localhost.key }, /^tls\.cert: /],
    [
      'a key that is none',
      { key: 'nonsense' },
      /^tls\.key: expected a private key as PEM, without a passphrase, but it cannot be used \(\w+\)$/,
    ],
    ['a certificate in place of the key', { key: localhost.cert }, /^tls\.key: /],
    [
      'a key of another certificate',
      { key: client.key },
      /^tls\.key: expected the private key that belongs to tls\.cert, but it cannot be used \(\w+\)$/,
    ],
    [
      'an authority that is none',
      { clientCa: 'nonsense' },
      /^tls\.clientCa: expected certificates as PEM, but it cannot be used/,
    ],
    [
      'authorities of which one is none',
      { clientCa: `${ca.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n` },
      /^tls\.clientCa: /,
    ],
    [
      'certificates asked for without an authority',
      { clientCa: undefined, clientCertificate: 'request' },
      /^tls\.clientCertificate: request needs tls\.clientCa$/,
    ],
  ];
  for (const [what, changes, message] of reasons) {
    test(what, async (t) => {
      await assert.rejects(start(t, changes), { code: 'START_FAILED', message });
    });
  }
});
