import type { GatewayConfig } from '../config/types.ts';
import { loadUpstreamSchema, type LoadedSchema, type SchemaSource } from '../upstream/schema-source.ts';
import type { OpenUpstream } from './open-upstreams.ts';

/** The schema of an upstream as it was loaded, and how to load it again. */
export interface UpstreamSchema {
  readonly source: SchemaSource;
  readonly loaded: LoadedSchema;
}

/** Loads the schemas of all GraphQL and federation upstreams at once. Never rejects: what is missing says so. */
export async function loadSchemas(
  upstreams: ReadonlyMap<string, OpenUpstream>,
  { stateDir }: Pick<GatewayConfig, 'stateDir'>,
): Promise<ReadonlyMap<string, UpstreamSchema>> {
  const asked = [...upstreams].filter(([, { config }]) => config.kind !== 'rest');
  const loaded = await Promise.all(
    asked.map(async ([name, { config, upstream, headers }]) => {
      const source = { config, send: upstream.send, headers, stateDir };
      return [name, { source, loaded: await loadUpstreamSchema(source) }] as const;
    }),
  );
  return new Map(loaded);
}
