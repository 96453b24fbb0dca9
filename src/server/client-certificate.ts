import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/** One object for a connection: what is known of a certificate is kept by it. */
const certificates = new WeakMap<TLSSocket, Buffer>();

/**
 * The client's certificate (DER) of a TLS connection, verified against `tls.clientCa`. Undefined where the client gave
 * none, and where the one it gave does not verify: that says nothing of who it is.
 */
export function clientCertificateOf({ socket }: Pick<IncomingMessage, 'socket'>): Buffer | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const known = certificates.get(socket);
  if (known !== undefined) return known;
  const der = socket.getPeerX509Certificate()?.raw;
  if (der !== undefined) certificates.set(socket, der);
  return der;
}
