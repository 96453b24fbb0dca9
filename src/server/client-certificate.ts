import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/**
 * The client's certificate (DER) of a TLS connection, verified against `tls.clientCa`. Undefined where the client gave
 * none, and where the one it gave does not verify: that says nothing of who it is.
 */
export function clientCertificateOf({ socket }: Pick<IncomingMessage, 'socket'>): Buffer | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  return socket.getPeerX509Certificate()?.raw;
}
