import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsConfig } from '../config/identity-types.ts';
import { GatewayError } from '../errors.ts';
import { AnswerWithDefaults } from '../lib/default-fields.ts';
import { maxIgnoredBytes, maxIgnoredMs } from '../lib/unread-request.ts';
import { serve, type Lanes } from './lanes.ts';
import { createRecords, noRecords, type RecordOptions } from './records.ts';
import { createDrain } from './shutdown.ts';
import { tlsOptions } from './tls-options.ts';

export interface HttpServerOptions {
  /** Address to listen on, or a name of one. */
  readonly host: string;
  /** TCP port; 0 lets the system choose. */
  readonly port: number;
  /** Asked for each request, so that a reload can swap them. */
  readonly lanes: () => Lanes;
  /** Longest wait of `close` for running requests, in milliseconds; what runs then is cut. */
  readonly drainMs: number;
  /** Serves HTTPS in place of HTTP. Default: HTTP. */
  readonly tls?: TlsConfig | undefined;
  /** Default: a request has a record where somebody listens, which says nothing of the client's program. */
  readonly records?: RecordOptions | undefined;
}

export interface HttpServer {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Sockets of clients that are open now. */
  readonly connections: () => number;
  /**
   * Stops accepting, closes idle connections, ends event streams, lets running requests finish, and resolves when all
   * connections are closed. Further calls give the same promise. Never rejects.
   */
  readonly close: () => Promise<void>;
}

/**
 * Limits of one connection. Clients that send slowly are cut (headers 15 s, a whole request 300 s). Idle connections
 * stay for 65 s: longer than the 60 s that load balancers commonly keep theirs, so that these close them first.
 */
const limits = {
  headersTimeout: 15_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 5000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
} as const;

/**
 * Listens for HTTP, or for HTTPS.
 *
 * @throws {GatewayError} `START_FAILED` with one line that says what to do, where it cannot listen or `tls` cannot be
 *   used.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, lanes, drainMs, tls } = options;
  const records = createRecords(options.records ?? noRecords);
  const shared = { ...limits, ServerResponse: AnswerWithDefaults };
  const server = tls === undefined ? createServer(shared) : createTlsServer({ ...shared, ...tlsOptions(tls) });
  const drain = createDrain(server, drainMs);
  const connections = countConnections(server);
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    records.begin(req, res);
    drain.track(res, records.end);
    serve(req, res, lanes(), drain.signal);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    refuseUnreadable(error, socket, drain.isAnswering(socket));
  });
  const address = await listen(server, host, port);
  const protocol = tls === undefined ? 'http' : 'https';
  return { url: `${protocol}://${hostOf(host)}:${address.port}`, port: address.port, connections, close: drain.close };
}

function countConnections(server: Server): () => number {
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
  });
  return () => open;
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
  const onError = (cause: NodeJS.ErrnoException): void => {
    reject(new GatewayError('START_FAILED', whyNot(cause, host, port), { cause }));
  };
  server.once('error', onError);
  try {
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve(server.address() as AddressInfo);
    });
  } catch (cause) {
    onError(cause as NodeJS.ErrnoException);
  }
  return promise;
}

function whyNot({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use: set PORT or stop the other process`;
    case 'EACCES':
      return `port ${port} on ${host} may not be opened by this user: set PORT to one above 1023`;
    case 'EADDRNOTAVAIL':
      return `${host} is not an address of this machine: listen on one that is (--host), or on 0.0.0.0 for all`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name "${host}" has no address: listen on an address of this machine (--host)`;
    case 'ERR_SOCKET_BAD_PORT':
      return `expected a port from 0 to 65535, but got ${port}: set PORT`;
    case undefined:
    default:
      return `cannot listen on ${host}, port ${port}: ${message}`;
  }
}

function hostOf(host: string): string {
  // Addresses that mean "all of this machine's" cannot be asked for.
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** Connections that were refused, and how many bytes had come by them then. */
const refused = new WeakMap<Duplex, number>();

/** Answers what is no HTTP request, as far as there is somebody to answer and nothing on the wire already. */
function refuseUnreadable({ code }: NodeJS.ErrnoException, socket: Duplex, isAnswering: boolean): void {
  const before = refused.get(socket);
  // What follows of it is no HTTP either. It is read away: a connection that closes on it may lose the answer.
  if (before !== undefined && code !== 'ECONNRESET' && bytesRead(socket) - before <= maxIgnoredBytes) return;
  if (!socket.writable || isAnswering || code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  refused.set(socket, bytesRead(socket));
  const timer = setTimeout(() => socket.destroy(), maxIgnoredMs);
  socket.once('close', () => clearTimeout(timer));
  const [status, message] = refusalOf(code);
  const text = JSON.stringify({ error: { code: 'BAD_REQUEST', message } });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

function bytesRead(socket: Duplex): number {
  return (socket as Socket).bytesRead;
}

function refusalOf(code: string | undefined): readonly [status: number, message: string] {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return [431, `Expected request headers of at most ${limits.maxHeaderSize} bytes in all, but got more.`];
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'The request did not come whole in time.'];
  return [400, 'Expected an HTTP/1.1 request, but got something else.'];
}
