import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { mergedTypes, namedType, outputFieldsOf } from '../composition/definitions.ts';
import type { PerParentCall } from '../composition/n-plus-one.ts';
import type { Problem, SourceSchema } from '../composition/types.ts';
import { GatewayError } from '../errors.ts';
import { checkDeclarations } from '../upstream/facade/rest/check-declarations.ts';
import { checkOpenApi } from '../upstream/facade/rest/check-openapi.ts';
import { readOpenApi } from '../upstream/facade/rest/openapi.ts';
import { batchability } from '../upstream/facade/rest/read-declarations.ts';
import type { AssemblyParts } from './parts.ts';
import type { ResolverExports } from './resolvers.ts';

/** Holds every resolvers file against the schema that it fills, and against the upstream's OpenAPI document. */
export async function checkResolvers(parts: AssemblyParts, sources: readonly SourceSchema[]): Promise<Problem[]> {
  const problems: string[] = [];
  for (const { name, sdl } of sources) {
    const path = parts.folder.resolvers[name];
    const upstream = parts.upstreams.get(name);
    if (path === undefined || (upstream && upstream.config.kind !== 'rest')) continue;
    const file = relative(parts.folder.dir, path);
    const declarations = parts.resolvers.get(name) ?? {};
    const found = checkDeclarations({ sdl, declarations, file, upstream: name });
    problems.push(...found);
    const openapi = upstream?.config.openapi;
    if (openapi === undefined || found.length > 0) continue;
    const document = readOpenApi(await readDocument(openapi), relative(parts.folder.dir, openapi));
    problems.push(...checkOpenApi({ openapi: document, declarations, sdl, file }));
  }
  return problems.map((message) => ({ code: 'CONTRACT', message, places: [] }));
}

async function readDocument(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new GatewayError('CONFIGURATION_INVALID', `${file}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The fields that make one call for each object they stand on: calls and single look-ups that a resolvers file names,
 * and fields anywhere that lead to an entity which its upstream looks up one by one. Pure.
 */
export function perParentCalls(
  resolvers: ReadonlyMap<string, ResolverExports>,
  sources: readonly SourceSchema[],
): PerParentCall[] {
  const all = [...resolvers].map(([name, declarations]) => ({ name, ...batchability(declarations) }));
  const links = new Set(
    all.flatMap(({ name, links: own }) => own.map(({ type, field }) => `${name} ${type}.${field}`)),
  );
  const leading = all.flatMap(({ name: owner, single }) =>
    single.flatMap((entity) =>
      fieldsOfType(sources, entity.type)
        .filter(({ home, type, field }) => home !== owner || links.has(`${home} ${type}.${field}`))
        .map(({ type, field }) => ({ ...entity, type, field })),
    ),
  );
  return [...all.flatMap(({ perParent }) => perParent), ...leading];
}

function fieldsOfType(
  sources: readonly SourceSchema[],
  target: string,
): { readonly home: string; readonly type: string; readonly field: string }[] {
  return sources.flatMap(({ name: home, sdl }) =>
    [...mergedTypes(sdl)].flatMap(([type, node]) =>
      outputFieldsOf(node)
        .filter((field) => namedType(field.type) === target && !isRoot(type))
        .map((field) => ({ home, type, field: field.name.value })),
    ),
  );
}

function isRoot(type: string): boolean {
  return type === 'Query' || type === 'Mutation' || type === 'Subscription';
}
