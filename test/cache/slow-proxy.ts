import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface Piece {
  readonly to: 'server' | 'client';
  readonly text: string;
}

export interface ProxyOptions {
  readonly url: string;
  /** What each piece waits for, after those before it on the same way. */
  readonly before: (piece: Piece) => Promise<unknown> | undefined;
}

/** Passes bytes on to a Redis server, in order, each piece in its time; ends with the test. Resolves with its URL. */
export async function startSlowProxy(t: Pick<TestContext, 'after'>, { url, before }: ProxyOptions): Promise<string> {
  const target = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  const forward = (from: Socket, onto: Socket, to: Piece['to']): void => {
    let last = Promise.resolve();
    const later = (text: string, work: () => void): void => {
      last = last.then(async () => {
        await before({ to, text });
        work();
      });
    };
    from.on('data', (piece) => later(piece.toString('latin1'), () => void onto.write(piece)));
    from.on('close', () => later('', () => void onto.destroy()));
    from.on('error', () => {});
    sockets.add(from);
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    forward(client, upstream, 'server');
    forward(upstream, client, 'client');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
