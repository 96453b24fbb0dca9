import { withAssembly } from '../assembly/open-folder.ts';
import { loadGatewayFolder } from '../config/load.ts';
import { CompositionError } from '../composition/compose.ts';
import type { GatewayError } from '../errors.ts';
import type { Arguments } from './arguments.ts';

/** `weft compose`: the supergraph on standard output. */
export async function composeCommand({ dir }: Arguments): Promise<number> {
  const folder = await loadGatewayFolder(dir, process.env);
  const supergraph = await withAssembly(folder, (assembly) => {
    if (assembly.missing.length > 0) throw incomplete(assembly.missing);
    return assembly.supergraph;
  });
  process.stdout.write(`${supergraph.trimEnd()}\n`);
  return 0;
}

function incomplete(missing: readonly string[]): GatewayError {
  const problems = missing.map((name) => ({
    code: 'UPSTREAM_SCHEMA_UNAVAILABLE',
    message: `upstream "${name}" gives no schema, and no copy of an earlier one is kept`,
    places: [{ file: `upstreams/${name}.yaml`, line: 1, column: 1 }],
  }));
  return new CompositionError(problems);
}
