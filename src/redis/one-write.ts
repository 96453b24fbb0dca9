import { Cluster, type Redis as SingleRedis } from 'ioredis';
import type { Redis } from './connect.ts';

type Stream = SingleRedis['stream'];

/**
 * Gives what is to be called before a command is sent: commands that are sent in the same turn of the event loop, by
 * whomever, leave in one write to each node, as a system call costs more than a command. Their order stays.
 */
export function gatherWrites(redis: Redis): () => void {
  let held: readonly Stream[] | undefined;
  const letGo = (): void => {
    const streams = held ?? [];
    held = undefined;
    for (const stream of streams) stream.uncork();
  };
  return () => {
    if (held !== undefined) return;
    held = streamsOf(redis);
    for (const stream of held) stream.cork();
    // What came in on other sockets in this turn is read before: it may send commands, too.
    setImmediate(letGo);
  };
}

/** Of the connections that there are; a connection that has never been opened has none. */
function streamsOf(redis: Redis): readonly Stream[] {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  return nodes.map(({ stream }: { readonly stream?: Stream }) => stream).filter((stream) => stream !== undefined);
}
