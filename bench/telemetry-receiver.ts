import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { messagesOf, readWire } from '../test/support/otlp-protobuf.ts';

/** A receiver of OTLP over HTTP in protobuf, in a process of its own: it counts spans and forgets them. */

/** What came so far to one path. */
export interface Received {
  readonly spans: number;
  readonly exports: number;
}

/** What the process says: first where it listens, then, each time it is asked, what came by path. */
export type ReceiverMessage = { readonly url: string } | { readonly received: Readonly<Record<string, Received>> };

const received: Record<string, Received> = {};

function countSpans(body: Buffer): number {
  let count = 0;
  for (const resourceSpans of messagesOf(readWire(body), 1)) {
    for (const scopeSpans of messagesOf(readWire(resourceSpans), 2)) {
      count += messagesOf(readWire(scopeSpans), 2).length;
    }
  }
  return count;
}

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const { url: path = '/' } = req;
  buffer(req).then(
    (body) => {
      const { spans, exports } = received[path] ?? { spans: 0, exports: 0 };
      received[path] = { spans: spans + countSpans(body), exports: exports + 1 };
      res.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 });
      res.end();
    },
    (error: unknown) => res.destroy(error as Error),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const tell = (message: ReceiverMessage): void => void process.send?.(message);
process.on('message', () => tell({ received }));
tell({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
await once(process, 'disconnect');
process.exit(0);
