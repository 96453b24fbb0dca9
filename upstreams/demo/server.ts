import { createServer } from 'node:http';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that a demo server has had, as it came. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** REST: the body's text. GraphQL: its parameters as JSON. `''` where there was none, or until it is read. */
  body: string;
}

export interface StartOptions {
  /** TCP port; 0, the default, lets the system choose. */
  readonly port?: number;
  /** Address that is listened on. Default `127.0.0.1`. */
  readonly host?: string;
}

export interface DemoServer {
  /** REST: the base URL. GraphQL: the endpoint. No trailing slash. */
  readonly url: string;
  /** The last 1000 requests, oldest first. Emptied by whoever wants to count from now on. */
  readonly requests: RecordedRequest[];
  /** Stops listening and cuts open connections. */
  close: () => Promise<void>;
}

export type Start = (options?: StartOptions) => Promise<DemoServer>;

const keptRequests = 1000;

/** A log for `DemoServer.requests`. */
export class RequestLog {
  readonly requests: RecordedRequest[] = [];

  add(request: RecordedRequest): void {
    this.requests.push(request);
    if (this.requests.length > keptRequests) this.requests.shift();
  }
}

export interface ListenOptions extends StartOptions {
  readonly log: RequestLog;
  /** Appended to the base URL to make `DemoServer.url`. */
  readonly path: string;
}

/**
 * Serves `listener` on a socket of its own.
 *
 * @throws {Error} of `node:net` (`EADDRINUSE`, ...) when the address cannot be had.
 */
export async function listen(
  listener: RequestListener,
  { port = 0, host = '127.0.0.1', log, path }: ListenOptions,
): Promise<DemoServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const hostname = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${hostname}:${address.port}${path}`,
    requests: log.requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Runs one server as a process of its own: on `PORT` (default: any free one), until a signal ends it. */
export async function runAlone(name: string, start: Start): Promise<void> {
  const { url } = await start({ port: Number(process.env['PORT'] ?? 0) });
  console.log(`${name} listens at ${url}`);
}
