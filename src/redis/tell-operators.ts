import type { Cluster, Redis } from 'ioredis';
import { publishNotice } from '../telemetry/channels.ts';

/** Tells once that the connection was lost, and once that it is back. */
export function tellOperators(redis: Redis | Cluster, name: string): void {
  let isDown = false;
  const tellDown = (reason: string): void => {
    if (isDown) return;
    isDown = true;
    publishNotice({ level: 'warn', message: `Redis ${name} cannot be reached: ${reason}` });
  };
  // Without a listener an `error` event would end the process.
  redis.on('error', (error: Error) => tellDown(describeFailure(error)));
  // A server that stops in good order closes the socket without an error.
  redis.on('reconnecting', () => tellDown('the connection was lost'));
  redis.on('ready', () => {
    if (!isDown) return;
    isDown = false;
    publishNotice({ level: 'info', message: `Redis ${name} is back` });
  });
}

/** Tells once of each node of a Cluster that is lost, and once that it is back, or that another took its place. */
export function tellOperatorsOfNodes(cluster: Cluster): void {
  const down = new Set<string>();
  const tellBack = (node: string, message: string): void => {
    if (down.delete(node)) publishNotice({ level: 'info', message: `Redis node ${node} ${message}` });
  };
  cluster.on('node error', (error: Error, node: string) => {
    // What is closed on purpose is not lost.
    if (down.has(node) || cluster.status === 'disconnecting' || cluster.status === 'end') return;
    down.add(node);
    publishNotice({ level: 'warn', message: `Redis node ${node} cannot be reached: ${describeFailure(error)}` });
  });
  cluster.on('+node', (node: Redis) => {
    node.once('ready', () => tellBack(placeOfNode(node), 'is back'));
  });
  cluster.on('refresh', () => {
    const masters = new Set(cluster.nodes('master').map(placeOfNode));
    for (const node of down) if (!masters.has(node)) tellBack(node, 'is no longer needed: another took its place');
  });
}

/** Without a full stop. Several addresses of one host that all fail give an error without a text of its own. */
export function describeFailure(error: Error): string {
  const { code, lastNodeError } = error as NodeJS.ErrnoException & { readonly lastNodeError?: Error };
  if (lastNodeError) return describeFailure(lastNodeError);
  return error.message.replace(/\.$/, '') || code || error.name;
}

/** As the client names it in its events. */
function placeOfNode({ options: { host, port } }: Redis): string {
  return `${host}:${port}`;
}
