import type { Redis } from '../../redis/connect.ts';
import { chargeScript, renewScript, type ScriptParts } from './script.ts';

/** The commands of the limiter. All reject as those of the connection do. */
export interface LimitCommands {
  readonly isReady: () => boolean;
  /** Runs the script of `script.ts`. */
  readonly charge: (keys: readonly string[], values: readonly (string | number)[]) => Promise<readonly number[]>;
  /** Puts off the end of leases: a key and a lease each, at the same places of both lists. */
  readonly renew: (keys: readonly string[], leases: readonly string[]) => Promise<unknown>;
  readonly release: (key: string, lease: string) => Promise<unknown>;
  /** Fails wherever charging would: while Redis loads, is full, is a replica, or does not answer. */
  readonly probe: () => Promise<unknown>;
}

type RunScript = (keysAndValues: readonly (string | number)[]) => Promise<readonly number[]>;

/*
 * A command with a number of keys of its own: where commands are collected for a Cluster, the first argument must be a key,
 * not the number of keys. What lies between two numbers repeats its last key.
 */
const keyCounts = [1, 2, 3, 4, 6, 8, 16, 32] as const;

/** Defines the script on the connection. It is sent by its hash, and whole where Redis does not know it. */
export function defineCommands(redis: Redis, parts: ScriptParts): LimitCommands {
  const lua = chargeScript(parts);
  const renewLua = renewScript(parts);
  const names = keyCounts.map((numberOfKeys) => `weftCharge${numberOfKeys}`);
  for (const [at, numberOfKeys] of keyCounts.entries()) redis.defineCommand(names[at] ?? '', { lua, numberOfKeys });
  const commands = redis as unknown as Readonly<Record<string, RunScript>>;
  return {
    isReady: () => redis.status === 'ready',
    charge: (keys, values) => {
      const at = keyCounts.findIndex((count) => count >= keys.length);
      const name = names[at];
      if (name === undefined) {
        return redis.eval(lua, keys.length, ...keys, ...values) as Promise<readonly number[]>;
      }
      const all: (string | number)[] = [...keys];
      const last = keys.at(-1) ?? '';
      while (all.length < (keyCounts[at] ?? 0)) all.push(last);
      for (const value of values) all.push(value);
      return (commands[name] as RunScript).call(redis, all);
    },
    renew: (keys, leases) => redis.eval(renewLua, keys.length, ...keys, ...leases),
    release: (key, lease) => redis.zrem(key, lease),
    probe: () => redis.set('weft:{limits}', '1', 'PX', 1000),
  };
}
