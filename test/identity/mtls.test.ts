import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { GatewayError, type ErrorCode } from '../../src/errors.ts';
import { createMtlsProvider } from '../../src/identity/certificates/mtls.ts';
import type { Identity, Provider } from '../../src/identity/types.ts';
import { identityRequest, type IdentityRequestParts } from '../support/identity-request.ts';

const folder = fileURLToPath(new URL('../fixtures/certificates', import.meta.url));
const read = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8');
const certificate = (name: string): X509Certificate => new X509Certificate(read(`${name}.pem`));
const derOf = (name: string): Buffer => certificate(name).raw;

function providerOf(source: 'tls' | 'client-cert', now?: () => number): Provider {
  const config = { kind: 'mtls', name: 'partners', hidesCredentials: true, source } as const;
  return createMtlsProvider(config, now === undefined ? {} : { now });
}

const field = (value: string, isFromTrustedProxy = true): IdentityRequestParts => ({
  headers: [['client-cert', value]],
  isFromTrustedProxy,
});
const fieldOf = (name: string): string => `:${derOf(name).toString('base64')}:`;

async function identify(provider: Provider, parts: IdentityRequestParts): Promise<Identity | undefined> {
  return provider.identify(identityRequest(parts));
}

async function assertRefused(provider: Provider, parts: IdentityRequestParts, code: ErrorCode): Promise<void> {
  await assert.rejects(identify(provider, parts), (error) => error instanceof GatewayError && error.code === code);
}

async function keysOf(name: string): Promise<readonly string[] | undefined> {
  return (await identify(providerOf('tls'), { clientCertificate: derOf(name) }))?.consumerKeys;
}

const acme: Identity = {
  provider: 'partners',
  subject: 'CN=acme,O=Acme\\, Inc,C=US',
  keyId: certificate('acme').fingerprint256.replaceAll(':', '').toLowerCase(),
  consumerKeys: [
    'certificate:CN=acme',
    'certificate:CN=acme,O=Acme\\, Inc,C=US',
    'certificate:DNS:app.acme.example',
    'certificate:URI:spiffe://acme.example/app',
    'certificate:email:ops@acme.example',
  ],
  scopes: [],
  roles: [],
  claims: {
    subject: 'CN=acme,O=Acme\\, Inc,C=US',
    issuer: 'CN=Weft Test CA',
    alternative_names: ['DNS:app.acme.example', 'URI:spiffe://acme.example/app', 'email:ops@acme.example'],
    fingerprint: certificate('acme').fingerprint256.replaceAll(':', '').toLowerCase(),
    serial_number: certificate('acme').serialNumber,
  },
};

/** What the server's side of a real TLS connection has of the client's certificate. */
async function overTls(t: TestContext, client: { readonly cert?: string; readonly key?: string }): Promise<TLSSocket> {
  const server = createServer({
    key: read('server.key'),
    cert: read('server.pem'),
    ca: read('ca.pem'),
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ ...client, port, host: '127.0.0.1', servername: 'localhost', ca: read('ca.pem') });
  const [secured] = (await once(server, 'secureConnection')) as [TLSSocket];
  t.after(async () => {
    socket.destroy();
    secured.destroy();
    server.close();
    await once(server, 'close');
  });
  return secured;
}

describe('the certificate of a TLS connection', () => {
  test('says who asks: by subject, common name and alternative names, not by addresses', async (t) => {
    const socket = await overTls(t, { cert: read('acme.pem'), key: read('acme.key') });
    assert.equal(socket.authorized, true);
    const der = socket.getPeerX509Certificate()?.raw;
    assert.ok(der);
    assert.deepEqual(await identify(providerOf('tls'), { clientCertificate: der }), acme);
  });

  test('gives the same frozen object at once, also on another connection', async () => {
    const provider = providerOf('tls');
    const first = await identify(provider, { clientCertificate: derOf('acme') });
    assert.ok(first !== undefined && Object.isFrozen(first));
    assert.equal(provider.identify(identityRequest({ clientCertificate: derOf('acme') })), first);
  });

  test('without one the request is not for this provider, whatever its fields say', async (t) => {
    const socket = await overTls(t, {});
    assert.equal(socket.getPeerX509Certificate(), undefined);
    assert.equal(await identify(providerOf('tls'), field(fieldOf('acme'))), undefined);
  });

  test('is refused before and after its time, however long the connection lives', async () => {
    const { validFrom, validTo } = certificate('acme');
    let time = Date.parse(validTo);
    const provider = providerOf('tls', () => time);
    const parts = { clientCertificate: derOf('acme') };
    assert.ok(await identify(provider, parts));
    time += 1;
    await assertRefused(provider, parts, 'CREDENTIALS_EXPIRED');
    time = Date.parse(validFrom);
    assert.ok(await identify(provider, parts));
    time -= 1;
    await assertRefused(provider, parts, 'CREDENTIALS_NOT_YET_VALID');
  });
});

describe('names that are made to pass for others', () => {
  test('a comma, a line break or a quote inside of a name makes no second name', async () => {
    assert.deepEqual(await keysOf('forged'), [
      'certificate:CN=evil\\,CN=acme',
      'certificate:CN=evil\\,CN=acme,OU=a\\0ACN=acme,O=x\\, CN=acme',
      'certificate:DNS:evil.example, dns:app.acme.example',
      'certificate:URI:spiffe://evil, URI:spiffe://acme.example/app',
      'certificate:email:a", email:ops@acme.example',
    ]);
  });

  test('of several common names none counts alone', async () => {
    assert.deepEqual(await keysOf('two-names'), ['certificate:CN=acme,CN=evil']);
    assert.deepEqual(await keysOf('two-at-once'), ['certificate:CN=evil+CN=acme,OU=a \\+ b+O=Zoë']);
  });

  test('without a subject only the alternative names count', async () => {
    const identity = await identify(providerOf('tls'), { clientCertificate: derOf('nameless') });
    assert.deepEqual(identity?.consumerKeys, ['certificate:URI:spiffe://acme.example/app']);
    assert.equal(identity.subject, undefined);
  });
});

describe('the client-cert field (RFC 9440)', () => {
  test('of a trusted proxy says who asks, and is kept from upstreams', async () => {
    const provider = providerOf('client-cert');
    const first = await identify(provider, field(fieldOf('acme')));
    assert.deepEqual(first, acme);
    assert.equal(provider.identify(identityRequest(field(fieldOf('acme')))), first);
    assert.deepEqual(provider.places.headers, ['client-cert']);
  });

  test('of anyone else says nothing, good or bad', async () => {
    const provider = providerOf('client-cert');
    assert.equal(await identify(provider, field(fieldOf('acme'), false)), undefined);
    assert.equal(await identify(provider, field('nonsense', false)), undefined);
    assert.equal(await identify(provider, { clientCertificate: derOf('acme'), isFromTrustedProxy: true }), undefined);
  });

  test('is refused before and after its time', async () => {
    const { validFrom, validTo } = certificate('acme');
    const after = providerOf('client-cert', () => Date.parse(validTo) + 1);
    await assertRefused(after, field(fieldOf('acme')), 'CREDENTIALS_EXPIRED');
    const before = providerOf('client-cert', () => Date.parse(validFrom) - 1);
    await assertRefused(before, field(fieldOf('acme')), 'CREDENTIALS_NOT_YET_VALID');
  });

  const pem = Buffer.from(read('acme.pem')).toString('base64');
  const malformed: Readonly<Record<string, string>> = {
    nothing: '',
    'no colons': derOf('acme').toString('base64'),
    'an empty sequence': '::',
    'a list': `${fieldOf('acme')}, ${fieldOf('server')}`,
    'a parameter': `${fieldOf('acme')};a=1`,
    'a text': '"acme"',
    'base64 of no certificate': `:${Buffer.from('acme').toString('base64')}:`,
    'a certificate that is cut off': `:${derOf('acme').subarray(0, 99).toString('base64')}:`,
    'PEM in place of DER': `:${pem}:`,
    'the URL-safe alphabet': `:${derOf('acme').toString('base64url')}:`,
  };
  for (const [what, value] of Object.entries(malformed)) {
    test(`with ${what} is malformed`, async () => {
      await assertRefused(providerOf('client-cert'), field(value), 'CREDENTIALS_MALFORMED');
    });
  }

  test('that came twice with different values is a conflict', async () => {
    const headers = [
      ['client-cert', fieldOf('acme')],
      ['client-cert', fieldOf('forged')],
    ] as const;
    await assertRefused(providerOf('client-cert'), { headers, isFromTrustedProxy: true }, 'CREDENTIALS_CONFLICT');
  });
});
