import type { GatewayFolder } from '../config/types.ts';
import { assemble, type Assembly } from './assemble.ts';
import { loadSchemas } from './load-schemas.ts';
import { openUpstreams } from './open-upstreams.ts';
import { loadResolvers } from './resolvers.ts';

/**
 * Assembles a folder without serving it, hands the result to `use`, and closes everything again.
 *
 * @throws {GatewayError} as `openUpstreams`, `loadResolvers` and `assemble` do.
 */
export async function withAssembly<T>(folder: GatewayFolder, use: (assembly: Assembly) => T | Promise<T>): Promise<T> {
  const opened = await openUpstreams(folder.upstreams);
  try {
    const resolvers = await loadResolvers(folder.resolvers);
    const schemas = await loadSchemas(opened.byName, folder.gateway);
    return await use(await assemble({ folder, upstreams: opened.byName, resolvers, schemas }));
  } finally {
    await opened.close();
  }
}
