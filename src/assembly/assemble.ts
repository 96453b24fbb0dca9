import { relative } from 'node:path';
import { GraphQLError, parse, Source, type DocumentNode } from 'graphql';
import { compose, CompositionError } from '../composition/compose.ts';
import type { PerParentCall } from '../composition/n-plus-one.ts';
import { pruneUnresolvable } from '../composition/prune.ts';
import { buildSourceSchemas } from '../composition/source-schemas.ts';
import type { Contribution, FieldCoordinate, Problem, SourceSchema } from '../composition/types.ts';
import { GatewayError } from '../errors.ts';
import { graphqlSourceSchema, type GraphqlSourceSchema } from '../upstream/facade/graphql/source-schema.ts';
import { filledFields } from '../upstream/facade/rest/read-declarations.ts';
import type { Facade } from '../upstream/types.ts';
import type { AssemblyParts } from './parts.ts';
import { checkResolvers, perParentCalls } from './check-resolvers.ts';
import { createFacades } from './create-facades.ts';
import type { OpenUpstream } from './open-upstreams.ts';

/** A folder's upstreams made one: what the engine and the checks need. */
export interface Assembly {
  /** Supergraph SDL. */
  readonly supergraph: string;
  readonly facades: ReadonlyMap<string, Facade>;
  /** Upstreams that no schema is known of. */
  readonly missing: readonly string[];
  /** Fields that are out because they require a field of a missing upstream. */
  readonly out: readonly FieldCoordinate[];
  /** Fields that make one call per parent. */
  readonly perParent: readonly PerParentCall[];
}

/**
 * Composes a gateway's folder.
 *
 * @throws {CompositionError} with every problem of `schema/`, `resolvers/` and of composition itself.
 */
export async function assemble(parts: AssemblyParts): Promise<Assembly> {
  const contributions = readContributions(parts);
  const missing = [...parts.schemas].flatMap(([name, { loaded }]) => (loaded.sdl ? [] : [name]));
  const built = buildSourceSchemas(contributions.all, (name) => publicUrl(parts.upstreams.get(name)));
  const problems = [...contributions.problems, ...built.problems, ...(await checkResolvers(parts, built.sources))];
  if (problems.length > 0) throw new CompositionError(problems);
  const { sources, out } = missing.length > 0 ? pruneUnresolvable(built.sources) : { sources: built.sources, out: [] };
  return {
    supergraph: composeWithout(missing, sources),
    facades: createFacades(parts, { sources, graphql: contributions.graphql }),
    missing,
    out,
    perParent: perParentCalls(parts.resolvers, sources),
  };
}

interface Contributions {
  readonly all: readonly Contribution[];
  /** By name, for upstreams that are plain GraphQL servers. */
  readonly graphql: ReadonlyMap<string, GraphqlSourceSchema>;
  readonly problems: readonly Problem[];
}

function readContributions({ folder, upstreams, resolvers, schemas }: AssemblyParts): Contributions {
  const all: Contribution[] = [];
  const graphql = new Map<string, GraphqlSourceSchema>();
  const problems: Problem[] = [];
  const contracts = new Map<string, { readonly file: string; readonly sdl: DocumentNode }>();
  for (const { name, file, text } of folder.schemas) {
    const shown = relative(folder.dir, file);
    const sdl = readSdl(shown, text);
    if ('code' in sdl) problems.push(sdl);
    else contracts.set(name, { file: shown, sdl });
  }
  const filled = (name: string): readonly FieldCoordinate[] => filledFields(resolvers.get(name) ?? {});
  for (const [name, { config }] of upstreams) {
    const contract = contracts.get(name);
    const loaded = schemas.get(name)?.loaded.sdl;
    if (config.kind === 'rest' && contract) all.push({ name, kind: 'rest', ...contract, filled: filled(name) });
    if (config.kind === 'federation' && contract) problems.push(notRead(name, contract.file));
    if (config.kind === 'federation' && loaded) {
      all.push({ name, kind: 'federation', file: `${name} (_service.sdl)`, sdl: loaded, filled: [] });
    }
    if (config.kind === 'graphql' && loaded) {
      const file = contract?.file ?? `${name} (introspection)`;
      const source = graphqlSourceSchema({ name, upstreamSdl: loaded, overlay: contract?.sdl, overlayFile: file });
      graphql.set(name, source);
      problems.push(...source.problems.map(asProblem));
      all.push({ name, kind: 'graphql', file, sdl: source.sourceSchema, filled: [] });
    }
  }
  const own = contracts.get('gateway');
  if (own) all.push({ name: 'gateway', kind: 'local', ...own, filled: filled('gateway') });
  return { all, graphql, problems };
}

function readSdl(file: string, text: string): DocumentNode | Problem {
  try {
    return parse(new Source(text, file));
  } catch (cause) {
    if (!(cause instanceof GraphQLError)) throw cause;
    const [{ line, column } = { line: 1, column: 1 }] = cause.locations ?? [];
    return { code: 'CONTRACT', message: cause.message, places: [{ file, line, column }] };
  }
}

function notRead(name: string, file: string): Problem {
  return {
    code: 'CONTRACT',
    message: `"${name}" is a federation upstream and gives its schema itself: expected what is added to it in schema/gateway.graphql`,
    places: [{ file, line: 1, column: 1 }],
  };
}

function asProblem({
  message,
  file,
  line,
  column,
}: {
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}): Problem {
  return { code: 'CONTRACT', message, places: [{ file, line, column }] };
}

/** What the supergraph tells as an upstream's URL; the port of a stand-in is another at every start. */
function publicUrl(upstream: OpenUpstream | undefined): string {
  if (!upstream) return 'http://gateway.local';
  return upstream.isEmbedded ? `http://${upstream.config.name}.embedded` : (upstream.upstream.targets[0] ?? '');
}

function composeWithout(missing: readonly string[], sources: readonly SourceSchema[]): string {
  try {
    return compose(sources);
  } catch (cause) {
    if (missing.length === 0 || !(cause instanceof CompositionError)) throw cause;
    const names = missing.map((name) => `"${name}"`).join(', ');
    throw new GatewayError(
      'COMPOSITION_FAILED',
      `without the schema of upstream ${names} the others do not compose:\n${cause.message}`,
      { cause },
    );
  }
}
