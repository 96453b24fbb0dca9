import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

/** Talks to the inspector of another Node process. */
export interface Inspector {
  readonly send: <T>(method: string, params?: object) => Promise<T>;
  readonly close: () => void;
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Connects to a process that was started with `--inspect=127.0.0.1:PORT`. */
export async function connectInspector(port: number): Promise<Inspector> {
  const [page] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as [{ webSocketDebuggerUrl: string }];
  const socket = new WebSocket(page.webSocketDebuggerUrl);
  await once(socket, 'open');
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  socket.addEventListener('message', ({ data }) => {
    const { id = 0, result, error } = JSON.parse(String(data)) as Reply;
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(new Error(error.message));
    else asked?.resolve(result);
  });
  let lastId = 0;
  return {
    send: <T>(method: string, params: object = {}) => {
      const asked = Promise.withResolvers<unknown>();
      lastId += 1;
      waiting.set(lastId, asked);
      socket.send(JSON.stringify({ id: lastId, method, params }));
      return asked.promise as Promise<T>;
    },
    close: () => socket.close(),
  };
}

/** Bytes of the heap that are in use after two full collections: finalisers free more after the first. */
export async function usedHeapBytes({ send }: Inspector): Promise<number> {
  await send('HeapProfiler.collectGarbage');
  await wait(200);
  await send('HeapProfiler.collectGarbage');
  return (await send<{ readonly usedSize: number }>('Runtime.getHeapUsage')).usedSize;
}
