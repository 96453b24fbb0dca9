import { Kind, visit, type ConstDirectiveNode, type ConstValueNode, type DocumentNode } from 'graphql';
import { argumentOf } from '../definitions.ts';
import { readImport } from '../links.ts';
import type { SourceSchema } from '../types.ts';
import { cacheDirectivesOf } from './cache-directives.ts';

/**
 * A source schema that does not use the directives; the same where it never did. The composition library knows none of
 * them, nor the version of Federation that brings `@cacheTag`. Pure.
 */
export function withoutCacheHints(source: SourceSchema): SourceSchema {
  const names = cacheDirectivesOf(source.sdl);
  const sdl = visit(withKnownFederation(source.sdl), {
    Directive: ({ name }) => (names.has(name.value) ? null : undefined),
  });
  return sdl === source.sdl ? source : { ...source, sdl };
}

/** Federation has `@cacheTag` since v2.12; the newest version that the composition library knows is v2.9. */
const since = 12;
const known = 'https://specs.apollo.dev/federation/v2.9';

function withKnownFederation(sdl: DocumentNode): DocumentNode {
  const definitions = sdl.definitions.map((node) => {
    if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) return node;
    return node.directives?.some(isNewerFederation) ? { ...node, directives: node.directives.map(relinked) } : node;
  });
  return definitions.every((node, index) => node === sdl.definitions[index]) ? sdl : { ...sdl, definitions };
}

function isNewerFederation(directive: ConstDirectiveNode): boolean {
  if (directive.name.value !== 'link') return false;
  const url = /^https?:\/\/specs\.apollo\.dev\/federation\/v2\.(\d+)\/*$/.exec(String(argumentOf(directive, 'url')));
  return Number(url?.[1]) >= since;
}

function relinked(directive: ConstDirectiveNode): ConstDirectiveNode {
  if (!isNewerFederation(directive)) return directive;
  const args = (directive.arguments ?? []).map((argument) => {
    const { name, value } = argument;
    if (name.value === 'url' && value.kind === Kind.STRING) return { ...argument, value: { ...value, value: known } };
    if (name.value !== 'import' || value.kind !== Kind.LIST) return argument;
    return { ...argument, value: { ...value, values: value.values.filter((each) => !importsTag(each)) } };
  });
  return { ...directive, arguments: args };
}

function importsTag(value: ConstValueNode): boolean {
  return readImport(value).some(({ name }) => name === 'cacheTag');
}
