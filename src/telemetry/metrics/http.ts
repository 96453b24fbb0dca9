import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { GatewayError } from '../../errors.ts';

/** How Prometheus reads metrics by HTTP. */

export interface Text {
  readonly contentType: string;
  readonly text: string;
}

/** Answers whoever reads metrics. */
export type Handle = (req: IncomingMessage, res: ServerResponse) => void;

const compress = promisify(gzip);
/** Smaller texts are sent as they are, in bytes. */
const smallestCompressed = 1024;

/** @param textOf Gives the metrics in the form that an `accept` header likes best. */
export function createHandle(textOf: (accept: string | undefined) => Text): Handle {
  return (req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain; charset=utf-8' });
      res.end('Metrics are read by GET.\n');
      return;
    }
    const { contentType, text } = textOf(req.headers.accept);
    const body = Buffer.from(text);
    const headers = { 'content-type': contentType, 'cache-control': 'no-store', vary: 'accept, accept-encoding' };
    const send = (bytes: Buffer, coding: Readonly<Record<string, string>> = {}): void => {
      res.writeHead(200, { ...headers, ...coding, 'content-length': bytes.length });
      // Node.js leaves the body away for HEAD.
      res.end(bytes);
    };
    if (body.length < smallestCompressed || !takesGzip(req)) {
      send(body);
      return;
    }
    compress(body).then(
      (bytes) => send(bytes, { 'content-encoding': 'gzip' }),
      () => send(body),
    );
  };
}

/** RFC 9110, 12.5.3: a weight of 0 refuses a coding. */
function takesGzip({ headers }: IncomingMessage): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(headers['accept-encoding'] ?? '');
}

export interface MetricsListener {
  readonly url: string;
  readonly port: number;
  /** Ends its connections. Never rejects. */
  readonly close: () => Promise<void>;
}

export interface MetricsListenerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The only path that is served. */
  readonly path: string;
  readonly handle: Handle;
}

/** Whoever reads metrics needs few connections, and short ones. */
const limits = { headersTimeout: 5000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 } as const;
const maxConnections = 100;

/**
 * Listens for readers of metrics, and for nothing else: other paths are answered with 404.
 *
 * @throws {GatewayError} `START_FAILED` where it cannot listen.
 */
export async function startMetricsListener(options: MetricsListenerOptions): Promise<MetricsListener> {
  const { host, port, path, handle } = options;
  const server = createServer(limits, (req, res) => {
    if (pathOf(req) === path) handle(req, res);
    else res.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(`Metrics are at ${path}.\n`);
  });
  server.maxConnections = maxConnections;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (cause: NodeJS.ErrnoException) => {
    const reason = cause.code ?? cause.message;
    reject(
      new GatewayError('START_FAILED', `telemetry.metrics.listen: cannot listen on ${host}:${port} (${reason})`, {
        cause,
      }),
    );
  });
  server.listen({ host, port }, resolve);
  await promise;
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
