/** Supergraphs of the suite, by the seeds that they are generated from; all told they have every feature. */
export const graphSeeds = [1, 4, 5, 8, 12, 15, 21, 29, 38, 52] as const;

/** Operations over each of them. */
export const operationsPerGraph = 190;

/** Operations over the demo's supergraph. */
export const demoOperations = 200;

/** Operations over the demo's supergraph while one of its upstreams is down. */
export const demoOutages = 60;
