import type { KeyStoreConfig } from '../../config/identity-types.ts';
import { GatewayError } from '../../errors.ts';
import type { Redis } from '../../redis/connect.ts';
import { openKeyFile } from './key-files.ts';
import { openKeyRedis } from './key-redis.ts';
import type { KeyRecord } from './key-record.ts';

/** Where the hashes of API keys are kept. */
export interface KeyStore {
  /**
   * The record of a key's hash (base64url); at once where it is known. The same object as long as nothing of it changed.
   *
   * @throws {GatewayError} `IDENTITY_UNAVAILABLE` where it cannot be found out. Rejected.
   */
  readonly find: (hash: string) => KeyRecord | undefined | Promise<KeyRecord | undefined>;
  readonly add: (record: KeyRecord) => Promise<void>;
  /** The record as it is then; one that was revoked before keeps its date. Undefined: no key has this id. `at`: ISO 8601. */
  readonly revoke: (id: string, at: string) => Promise<KeyRecord | undefined>;
  /** In the order of their making. */
  readonly list: () => Promise<readonly KeyRecord[]>;
  /** Stops timers. A connection to Redis stays as it is. */
  readonly close: () => Promise<void>;
}

export interface KeyStoreParts {
  /** Needed by a store in Redis. */
  readonly redis: Redis | undefined;
  /** How long what Redis says is believed, in milliseconds. */
  readonly cacheMs: number;
}

/** Opens a store. @throws {GatewayError} `CONFIGURATION_INVALID` for a file that cannot be read. */
export async function openKeyStore(config: KeyStoreConfig, { redis, cacheMs }: KeyStoreParts): Promise<KeyStore> {
  if (config.in === 'file') return openKeyFile({ file: config.file });
  if (redis === undefined) {
    throw new GatewayError('CONFIGURATION_INVALID', 'API keys: expected "redis" in gateway.yaml, but got none');
  }
  return openKeyRedis({ redis, cacheMs });
}
