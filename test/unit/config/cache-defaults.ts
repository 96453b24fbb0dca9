import type { CacheConfig } from '../../../src/config/cache-types.ts';

/** `cache` of a gateway.yaml that says nothing of it. */
export const cacheDefaults: CacheConfig = {
  maxBytes: 67_108_864,
  maxEntryBytes: 1_048_576,
  store: 'memory',
  timeoutMs: 10,
  show: false,
  graphql: undefined,
  entities: {},
};
