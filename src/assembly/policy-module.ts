import { loadResolvers, type ResolverExports } from './resolvers.ts';

/**
 * Loads the module of `authorization.policies`, as resolver files are loaded: it may import from `weft`.
 *
 * @param file Absolute path.
 * @throws {GatewayError} `CONFIGURATION_INVALID` naming the file, with the reason, where it fails to load.
 */
export async function loadPolicyModule(file: string): Promise<ResolverExports> {
  const modules = await loadResolvers({ policies: file });
  return modules.get('policies') ?? {};
}
