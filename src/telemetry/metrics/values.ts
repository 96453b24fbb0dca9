/** Values of labels, and bounds of histograms, that several metrics have. */

/** Methods of RFC 9110, 9 and RFC 5789; what else a client sends is `_OTHER`. */
export const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  '_OTHER',
] as const;

/** `none`: nothing is served there. `subscription`: it lasts as long as its client wishes, so it is in no objective. */
export const lanes = ['graphql', 'rest', 'subscription', 'page', 'none'] as const;

export const cacheOutcomes = ['hit', 'miss', 'stale', 'revalidated', 'bypass'] as const;

/** In bytes. */
export const sizes = {
  unit: 'By',
  bounds: [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216],
};

export const counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
