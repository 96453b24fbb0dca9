import { X509Certificate } from 'node:crypto';
import { otherChallenge, type Group, type Refused } from '../../../support/both-paths.ts';
import { certificateFile } from '../../../support/guarded-gateway.ts';

/** Client certificates: of the connection, and in the field of a proxy. */

const [acme, server] = ['acme', 'server'].map((name) => ({
  cert: certificateFile(`${name}.pem`),
  key: certificateFile(`${name}.key`),
}));
const field = (name: string): string => `:${new X509Certificate(certificateFile(name)).raw.toString('base64')}:`;

const missing: Refused = { status: 401, code: 'CREDENTIALS_MISSING', challenges: otherChallenge };
const consumers = { acme: { certificates: ['CN=acme', 'URI:spiffe://acme.example/app'] } };
/** Only consumers may come in. */
const door = { access: { consumers: ['acme'] } };
const secure = { 'strict-transport-security': 'max-age=31536000' };

export const certificates: Group = {
  name: 'certificates of the connection',
  setUp: {
    gateway: {
      tls: {
        cert: certificateFile('server.pem'),
        key: certificateFile('server.key'),
        clientCa: certificateFile('ca.pem'),
        clientCertificate: 'request',
      },
      identity: { providers: [{ kind: 'mtls' }] },
      consumers,
    },
    door,
  },
  rows: [
    { name: 'no certificate', refused: missing, answers: secure },
    { name: "a consumer's certificate", certificate: acme, answers: secure, sees: { 'client-cert': undefined } },
    { name: 'a certificate that is not for clients', certificate: server, refused: missing },
    { name: 'a field that only a proxy may write', headers: { 'client-cert': field('acme.pem') }, refused: missing },
  ],
};

const malformed: Refused = { ...missing, code: 'CREDENTIALS_MALFORMED' };
const identity = { providers: [{ kind: 'mtls', from: 'client-cert' }] };

export const proxyCertificates: Group = {
  name: 'certificates in the field of a trusted proxy',
  setUp: { gateway: { trustedProxies: ['127.0.0.1'], identity, consumers }, door },
  rows: [
    { name: 'no field', refused: missing },
    {
      name: "a consumer's certificate",
      headers: { 'client-cert': field('acme.pem') },
      sees: { 'client-cert': undefined },
    },
    {
      name: 'a certificate whose names are made to pass for others',
      headers: { 'client-cert': field('forged.pem') },
      refused: { status: 403, code: 'ACCESS_DENIED', challenges: () => [] },
    },
    { name: 'a certificate with a name of a consumer alone', headers: { 'client-cert': field('nameless.pem') } },
    { name: 'a text that is no certificate', headers: { 'client-cert': ':bm9uZQ==:' }, refused: malformed },
    { name: 'a text that is no byte sequence', headers: { 'client-cert': 'CN=acme' }, refused: malformed },
    {
      name: 'two certificates',
      headers: { 'client-cert': [field('acme.pem'), field('nameless.pem')] },
      refused: { status: 400, code: 'CREDENTIALS_CONFLICT', challenges: () => [] },
    },
  ],
};

export const strangersCertificates: Group = {
  name: 'certificates in the field of somebody who is no trusted proxy',
  setUp: { gateway: { trustedProxies: ['10.0.0.0/8'], identity, consumers } },
  rows: [
    { name: "a consumer's certificate", headers: { 'client-cert': field('acme.pem') }, refused: missing },
    {
      name: 'and the word that it is one',
      headers: { 'client-cert': field('acme.pem'), 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1' },
      refused: missing,
    },
  ],
};
