import type { LimitsConfig } from '../../../src/config/limit-types.ts';

/** `limits` of a gateway.yaml that says nothing of them. */
export const limitDefaults: LimitsConfig = {
  store: 'memory',
  timeoutMs: 10,
  instances: 1,
  maxKeys: 100_000,
  headers: { rateLimit: true, xRateLimit: true },
  rates: [],
  fields: { mode: 'enforce', algorithm: 'fixed-window', onOutage: 'local' },
  documents: {
    mode: 'enforce',
    bounds: {
      maxBytes: 131_072,
      maxTokens: 10_000,
      maxDepth: 32,
      maxAliases: 200,
      maxRootFields: 100,
      maxDirectives: 200,
      maxFragments: 500,
      maxListItems: 1000,
    },
    tiers: {},
  },
  cost: {
    mode: 'enforce',
    max: undefined,
    upstreams: { default: undefined, byName: {} },
    tiers: {},
    defaultListSize: 10,
    show: false,
  },
  disabled: [],
};
