import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

/** Passes bytes on to a server, each piece after a time of its own, in order; ends with the test. Resolves with its URL. */
export async function startSlowProxy(
  t: Pick<TestContext, 'after'>,
  { url, delayMs }: { readonly url: string; readonly delayMs: () => number },
): Promise<string> {
  const target = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  const forward = (from: Socket, to: Socket): void => {
    let last = Promise.resolve();
    const later = (work: () => void): void => {
      last = last.then(async () => {
        await pause(delayMs());
        work();
      });
    };
    from.on('data', (piece) => later(() => void to.write(piece)));
    from.on('close', () => later(() => void to.destroy()));
    from.on('error', () => {});
    sockets.add(from);
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    forward(client, upstream);
    forward(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
