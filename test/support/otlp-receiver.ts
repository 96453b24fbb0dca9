import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { readJsonSpans, readProtobufSpans, type ReceivedSpan } from './otlp-spans.ts';
import { until } from './until.ts';

/** How a receiver answers an export. */
export interface OtlpAnswer {
  /** HTTP status. Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Over gRPC. Default 0. */
  readonly grpcStatus?: number;
  /** No answer at all. */
  readonly isSilent?: boolean;
}

export interface ReceivedExport {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The message, unpacked. */
  readonly body: Buffer;
}

export interface OtlpReceiver {
  /** Of traces; over gRPC without a path. */
  readonly url: string;
  readonly port: number;
  readonly exports: readonly ReceivedExport[];
  /** What exports that were answered with success held, in the order in which they came. */
  readonly spans: readonly ReceivedSpan[];
  /** Until so many spans have come. */
  readonly seen: (count: number) => Promise<readonly ReceivedSpan[]>;
  /** Default: success. */
  answer: (received: ReceivedExport) => OtlpAnswer;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** What a real receiver of OTLP does, over HTTP (protobuf and JSON) or gRPC. */
export async function startOtlpReceiver(
  options: { readonly protocol?: 'http' | 'grpc'; readonly port?: number } = {},
): Promise<OtlpReceiver> {
  const { protocol = 'http', port = 0 } = options;
  const exports: ReceivedExport[] = [];
  const spans: ReceivedSpan[] = [];
  const take = (received: ReceivedExport): OtlpAnswer => {
    exports.push(received);
    const answer = receiver.answer(received);
    const isTaken = (answer.status ?? 200) < 300 && (answer.grpcStatus ?? 0) === 0 && !answer.isSilent;
    if (isTaken && /traces|TraceService/.test(received.path)) {
      const isJson = received.headers['content-type'] === 'application/json';
      spans.push(...(isJson ? readJsonSpans(received.body) : readProtobufSpans(received.body)));
    }
    return answer;
  };
  const server = protocol === 'http' ? createServer(onRequest(take)) : createHttp2Server();
  if (protocol === 'grpc') server.on('stream', onStream(take));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${address.port}${protocol === 'http' ? '/v1/traces' : ''}`,
    port: address.port,
    exports,
    spans,
    seen: async (count) => {
      await until(() => spans.length >= count);
      return spans;
    },
    answer: () => ({}),
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
  return receiver;
}

type Take = (received: ReceivedExport) => OtlpAnswer;

function onRequest(take: Take): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    void buffer(req).then((raw) => {
      const body = req.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      const isJson = req.headers['content-type'] === 'application/json';
      const answer = take({ path: req.url ?? '', headers: req.headers, body });
      if (answer.isSilent) return;
      res.writeHead(answer.status ?? 200, { 'content-type': req.headers['content-type'] ?? '', ...answer.headers });
      res.end(answer.body ?? (isJson ? '{}' : ''));
    });
  };
}

/** @see {@link https://github.com/grpc/grpc/blob/v1.70.0/doc/PROTOCOL-HTTP2.md | gRPC over HTTP/2} */
function onStream(take: Take): (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void {
  return (stream, headers) => {
    void buffer(stream).then((raw) => {
      // One byte says whether it is compressed, four how long the message is.
      const message = raw.subarray(5, 5 + raw.readUInt32BE(1));
      const body = raw[0] === 1 ? gunzipSync(message) : message;
      const answer = take({ path: String(headers[':path']), headers, body });
      if (answer.isSilent) return;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(answer.grpcStatus ?? 0) }));
      stream.end((answer.grpcStatus ?? 0) === 0 ? Buffer.alloc(5) : undefined);
    });
  };
}
