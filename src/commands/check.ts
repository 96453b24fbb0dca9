import { withAssembly } from '../assembly/open-folder.ts';
import { readCacheHints } from '../composition/cache-hints/cache-hints.ts';
import { contractOf } from '../composition/contract/contract.ts';
import { readSupergraph } from '../composition/supergraph.ts';
import { findNPlusOne } from '../composition/n-plus-one.ts';
import { loadGatewayFolder } from '../config/load.ts';
import { openAnswers, warningsOf } from '../security.ts';
import { stitch } from '../stitched/schema.ts';
import type { Arguments } from './arguments.ts';

/**
 * `weft check`: reads everything as `weft start` would, and serves nothing. Problems end it with exit code 1 (they are
 * thrown); warnings are printed and do not.
 */
export async function check({ dir }: Arguments): Promise<number> {
  const folder = await loadGatewayFolder(dir, process.env);
  return withAssembly(folder, async ({ supergraph, facades, missing, perParent }) => {
    const document = readSupergraph(supergraph, 'supergraph');
    const schema = stitch(document, facades);
    for (const audience of folder.gateway.audiences) stitch(contractOf(document, audience), facades);
    await (await openAnswers(folder.gateway, document)).close();
    readCacheHints(document, folder.gateway.cache.graphql?.coordinates ?? {});
    for (const warning of warningsOf(folder.gateway, document)) print(`warning: ${warning}`);
    for (const warning of findNPlusOne(schema, perParent)) print(`warning: ${warning}`);
    for (const name of missing) print(`problem: upstream "${name}" gives no schema, and no copy of one is kept`);
    print(`${folder.upstreams.length} upstreams, ${Object.keys(schema.getTypeMap()).filter(isPublic).length} types`);
    return missing.length > 0 ? 1 : 0;
  });
}

function isPublic(type: string): boolean {
  return !type.startsWith('__');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
