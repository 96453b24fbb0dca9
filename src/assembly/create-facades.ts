import { GatewayError } from '../errors.ts';
import type { SourceSchema } from '../composition/types.ts';
import { createFederationFacade } from '../upstream/facade/federation.ts';
import { createGraphqlFacade } from '../upstream/facade/graphql/facade.ts';
import type { GraphqlSourceSchema } from '../upstream/facade/graphql/source-schema.ts';
import { createLocalFacade } from '../upstream/facade/local.ts';
import { createRestFacade } from '../upstream/facade/rest/facade.ts';
import type { Facade } from '../upstream/types.ts';
import type { AssemblyParts } from './parts.ts';
import type { OpenUpstream } from './open-upstreams.ts';

export interface FacadeSources {
  readonly sources: readonly SourceSchema[];
  /** By name, for plain GraphQL upstreams. */
  readonly graphql: ReadonlyMap<string, GraphqlSourceSchema>;
}

/**
 * One facade for each source schema.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` where a resolvers file exports what is no declaration.
 */
export function createFacades(parts: AssemblyParts, { sources, graphql }: FacadeSources): ReadonlyMap<string, Facade> {
  const facades = new Map<string, Facade>();
  // Resolver functions ask for other upstreams by name when they run: by then all are there.
  const byName: Record<string, Facade> = Object.create(null);
  for (const { name, sdl } of sources) {
    const opened = parts.upstreams.get(name);
    const declarations = parts.resolvers.get(name) ?? {};
    const facade = declared(parts.folder.resolvers[name] ?? name, () => {
      if (!opened) return createLocalFacade({ sdl, declarations, upstreams: byName });
      if (opened.config.kind !== 'rest') return remoteFacade(opened, graphql.get(name));
      const { config, upstream, headers } = opened;
      return createRestFacade({ config, sdl, declarations, send: upstream.send, headers, upstreams: byName });
    });
    byName[name] = facade;
    facades.set(name, facade);
  }
  return facades;
}

/** The facade of an upstream that speaks GraphQL; `source` where it is a plain server. */
export function remoteFacade(
  { config, upstream, headers, openStream }: OpenUpstream,
  source?: GraphqlSourceSchema,
): Facade {
  const connection = { config, send: upstream.send, headers, openStream };
  if (!source) return createFederationFacade(connection);
  const { lookups, upstreamSchema } = source;
  return createGraphqlFacade({ ...connection, lookups, upstreamSchema });
}

function declared<T>(file: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new GatewayError('CONFIGURATION_INVALID', `${file}: ${cause.message}`, { cause });
  }
}
