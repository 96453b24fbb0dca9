import type { Redis } from '../../redis/connect.ts';
import { describeFailure } from '../../redis/tell-operators.ts';
import { gatherWrites } from '../../redis/one-write.ts';
import { lockKey } from './keys.ts';
import { Link } from '../../redis/link.ts';
import { withPatience } from '../../redis/patience.ts';

/**
 * `taken`: whoever asked holds it now. `held`: another does. `done`: another has just let go of it, so that its result may be
 * there. `unknown`: Redis did not say.
 */
export type LockState = 'taken' | 'held' | 'done' | 'unknown';

export interface Lock {
  readonly isUp: () => boolean;
  /** Never rejects. @param mayRepeat Whether to take it too where another has just let go of it. */
  readonly take: (key: string, token: string, mayRepeat: boolean) => Promise<LockState>;
  /** Does nothing where the token does not hold it any more. */
  readonly release: (key: string, token: string) => void;
  /** Whether it went well where another command took a key, or tried to. */
  readonly noted: (isGood: boolean) => void;
  readonly close: () => void;
}

export interface LockOptions {
  readonly timeoutMs: number;
  readonly lockMs: number;
}

/** How long it is known that the work was done: who looked before it was stored comes to ask within that time. */
export const doneMs = 1000;

const takeLua = `
local holder = redis.pcall('GET', KEYS[1])
if type(holder) == 'string' and holder ~= 'done' then return 'held' end
if holder == 'done' and ARGV[3] ~= '1' then return 'done' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 'taken'
`;
const releaseLua = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], 'done', 'PX', ${doneMs}) end
return 1
`;

type Run = (key: string, ...values: readonly (string | number)[]) => Promise<unknown>;

/** Defines its scripts on the connection. */
export function defineLock(redis: Redis, { timeoutMs, lockMs }: LockOptions): Lock {
  redis.defineCommand('weftCacheTake', { lua: takeLua, numberOfKeys: 1 });
  redis.defineCommand('weftCacheRelease', { lua: releaseLua, numberOfKeys: 1 });
  const commands = redis as unknown as Readonly<Record<'weftCacheTake' | 'weftCacheRelease', Run>>;
  const link = new Link({
    isReady: () => redis.status === 'ready',
    probe: async () => withPatience(redis.set('weft:cache:probe', '1', 'PX', 1), timeoutMs),
    notices: undefined,
  });
  const gather = gatherWrites(redis);
  const failed = (error: unknown): void => link.failed(describeFailure(error as Error));
  return {
    isUp: () => link.isUp(),
    take: async (key, token, mayRepeat) => {
      try {
        gather();
        const taking = commands.weftCacheTake(lockKey(key), token, lockMs, mayRepeat ? 1 : 0);
        const state = (await withPatience(taking, timeoutMs)) as LockState;
        link.succeeded();
        return state;
      } catch (error) {
        failed(error);
        return 'unknown';
      }
    },
    release: (key, token) => {
      gather();
      commands.weftCacheRelease(lockKey(key), token).catch(failed);
    },
    noted: (isGood) => {
      if (isGood) link.succeeded();
      else link.failed('a key could not be taken');
    },
    close: () => link.close(),
  };
}
