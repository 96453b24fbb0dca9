import type { Socket } from 'node:net';
import { buildConnector, errors } from 'undici';

/**
 * Opens sockets that are connected, TLS included, within `connectMs` or fail. The HTTP client's own connect timer may be
 * a second late, which is too late to try another way.
 *
 * @param connectMs In milliseconds; above 0.
 */
export function connectWithin(connectMs: number): buildConnector.connector {
  // It gives the socket back, which its type leaves out.
  const connect = buildConnector({ allowH2: false, timeout: 0 }) as (
    ...given: Parameters<buildConnector.connector>
  ) => Socket;
  return (options, callback) => {
    const socket = connect(options, (...result) => {
      clearTimeout(timer);
      callback(...result);
    });
    const timer = setTimeout(() => {
      socket.destroy(new errors.ConnectTimeoutError(`not connected within ${connectMs} ms`));
    }, connectMs);
  };
}
