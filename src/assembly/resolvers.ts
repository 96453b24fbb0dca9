import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { GatewayError } from '../errors.ts';

const ownEntry = new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js', import.meta.url).href;
let hooked = false;

/**
 * Resolver files say `import { rest } from 'weft'` wherever they lie: the name leads to the copy of Weft that runs,
 * so that declarations and gateway are of one version and no folder needs a package of its own.
 */
function hookOwnName(): void {
  if (hooked) return;
  hooked = true;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'weft' ? { url: ownEntry, shortCircuit: true } : next(specifier, context),
  });
}

/** The exports of a resolvers file by name: GraphQL type name to what fills its fields. */
export type ResolverExports = Readonly<Record<string, unknown>>;

/**
 * Loads `resolvers/*`.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` naming every file that fails to load, with the reason.
 */
export async function loadResolvers(
  files: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, ResolverExports>> {
  hookOwnName();
  const loaded = new Map<string, ResolverExports>();
  const problems: string[] = [];
  for (const [name, file] of Object.entries(files)) {
    try {
      loaded.set(name, { ...((await import(pathToFileURL(file).href)) as ResolverExports) });
    } catch (cause) {
      problems.push(`${file}${lineIn(file, cause)}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  if (problems.length > 0) throw new GatewayError('CONFIGURATION_INVALID', problems.join('\n'));
  return loaded;
}

/** Line (and column) of the file where the error came up; nothing where its stack does not tell. */
function lineIn(file: string, cause: unknown): string {
  const [, after = ''] = cause instanceof Error ? (cause.stack ?? '').split(`${file}:`) : [];
  const place = /^\d+(?::\d+)?/.exec(after)?.[0];
  return place === undefined ? '' : `:${place}`;
}
