import { createServer, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { ServerResponse } from 'node:http';
import { createServer as createSocketServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a fake upstream was asked. */
export interface FakeCall {
  readonly method: string;
  /** Path and query, as they came. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** The whole body as text; empty where the upstream was started with `readBody: false`. */
  readonly body: string;
  /** Counts the sockets that came in, from 1: equal numbers mean a socket was used again. */
  readonly socket: number;
  /** Resolves when the answer was sent (`true`) or the caller left before its end (`false`). */
  readonly closed: Promise<boolean>;
  /** For what an answer object cannot say: delays, parts, cut-offs. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What a handler may return in place of writing to `call.response` itself. Status 200 where none is given. */
export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  /** Sent as `application/json`. */
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
}

export type FakeHandler = (call: FakeCall) => FakeAnswer | void | Promise<FakeAnswer | void>;

export interface FakeUpstream {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly url: string;
  /** Every call so far, in the order it came. */
  readonly requests: readonly FakeCall[];
  /** Ends every open socket and stops listening. */
  readonly close: () => Promise<void>;
}

/**
 * A real HTTP server on a free port of 127.0.0.1 that answers by function; one that throws answers 500 with its message.
 *
 * @example
 * const upstream = await startFakeUpstream(({ path }) => (path === '/users/1' ? { json: { id: 1 } } : { status: 404 }));
 */
export async function startFakeUpstream(
  handler: FakeHandler,
  options: { readonly readBody?: boolean } = {},
): Promise<FakeUpstream> {
  const requests: FakeCall[] = [];
  const numbers = new WeakMap<Socket, number>();
  let sockets = 0;
  const server = createServer((request, response) => {
    const socket = numbers.get(request.socket) ?? 0;
    void answer({ request, response, socket, readBody: options.readBody ?? true }, handler, requests);
  });
  server.on('connection', (socket: Socket) => numbers.set(socket, (sockets += 1)));
  const url = await listen(server);
  return {
    url,
    requests,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

export interface FakeSocketServer {
  readonly url: string;
  /** Sockets that came in so far. */
  readonly connections: readonly Socket[];
  readonly close: () => Promise<void>;
}

/** A bare TCP server: for answers that are not HTTP, sockets that close at once, and bytes out of order. */
export async function startFakeSocketServer(onSocket: (socket: Socket) => void): Promise<FakeSocketServer> {
  const connections: Socket[] = [];
  const server = createSocketServer((socket) => {
    connections.push(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  const url = await listen(server);
  return {
    url,
    connections,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      });
    },
  };
}

/** The URL of a port on which nobody listens. */
export async function refusingUrl(): Promise<string> {
  const server = await startFakeSocketServer(() => {});
  await server.close();
  return server.url;
}

/** Sends a status line, a promise of more and `part`, then cuts the socket: an answer that never ends well. */
export function cutOff(call: FakeCall, part = '{"half":'): void {
  call.response.writeHead(200, { 'content-type': 'application/json', 'content-length': part.length + 100 });
  call.response.write(part, () => call.response.destroy());
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: number;
  readonly readBody: boolean;
}

async function answer(exchange: Exchange, handler: FakeHandler, requests: FakeCall[]): Promise<void> {
  const { request, response, socket, readBody } = exchange;
  request.on('error', () => {});
  const closed = new Promise<boolean>((resolve) => {
    response.once('close', () => resolve(response.writableFinished));
  });
  const body = readBody ? await readText(request) : '';
  if (body === undefined) return;
  const { method = '', url: path = '', headers, rawHeaders } = request;
  const call: FakeCall = { method, path, headers, rawHeaders, body, socket, closed, request, response };
  requests.push(call);
  try {
    const given = await handler(call);
    if (given !== undefined) write(response, given);
  } catch (error) {
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
    response.end(String(error));
  }
}

function write(response: ServerResponse, { status = 200, headers = {}, json, body }: FakeAnswer): void {
  if (json === undefined) {
    response.writeHead(status, headers).end(body);
  } else {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
  }
}

/** The body as text, or `undefined` where the caller left before its end. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  try {
    for await (const part of request) parts.push(part as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(parts).toString('utf8');
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
