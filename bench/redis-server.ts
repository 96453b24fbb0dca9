import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort, loadProcessor } from './running.ts';

export interface RedisServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const attempts = 100;
const pauseMs = 50;

/**
 * A real `redis-server` of its own, on the load's processor; undefined on a machine that has none.
 *
 * @throws {Error} where it does not listen within five seconds.
 */
export async function startRedis(): Promise<RedisServer | undefined> {
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('taskset', ['-c', loadProcessor, 'redis-server', ...options], { stdio: 'ignore' });
  const ended = once(child, 'exit').catch(() => {});
  const isMissing = await Promise.race([once(child, 'spawn').then(() => false), once(child, 'error').then(() => true)]);
  if (isMissing) return undefined;
  for (let attempt = 0; attempt < attempts && child.exitCode === null; attempt += 1) {
    if (await listens(port)) {
      return {
        url: `redis://127.0.0.1:${port}`,
        stop: async () => {
          child.kill();
          await ended;
        },
      };
    }
    await wait(pauseMs);
  }
  if (child.exitCode !== null) return undefined;
  child.kill();
  throw new Error('redis-server does not listen');
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
