import type { GatewayFolder } from '../config/types.ts';
import type { UpstreamSchema } from './load-schemas.ts';
import type { OpenUpstream } from './open-upstreams.ts';
import type { ResolverExports } from './resolvers.ts';

/** What a folder's gateway is assembled from: all of it loaded, nothing of it composed. Maps are by upstream name. */
export interface AssemblyParts {
  readonly folder: GatewayFolder;
  readonly upstreams: ReadonlyMap<string, OpenUpstream>;
  readonly resolvers: ReadonlyMap<string, ResolverExports>;
  readonly schemas: ReadonlyMap<string, UpstreamSchema>;
}
