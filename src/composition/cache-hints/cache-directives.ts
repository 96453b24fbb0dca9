import {
  Kind,
  print,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
} from 'graphql';
import type { CacheHint } from '../../config/cache-types.ts';
import { linkedNames, linksOf } from '../links.ts';
import { readTagFormat, type TagFormat } from './tag-format.ts';

/** A directive that says what answers may be kept for. */
export type CacheDirective = 'cacheControl' | 'cacheTag';

export const scopeName = 'CacheControlScope';

/**
 * As Apollo Server and Federation define them.
 *
 * @see {@link https://www.apollographql.com/docs/apollo-server/performance/caching#in-your-schema-static | @cacheControl}
 * @see {@link https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#cachetag | @cacheTag}
 */
export const cacheDefinitions: Readonly<Record<CacheDirective, string>> = {
  cacheControl: `directive @cacheControl(maxAge: Int, scope: ${scopeName}, inheritMaxAge: Boolean)
    on FIELD_DEFINITION | OBJECT | INTERFACE | UNION`,
  cacheTag: 'directive @cacheTag(format: String!) repeatable on FIELD_DEFINITION | OBJECT',
};

export const scopeDefinition = `enum ${scopeName} { PUBLIC PRIVATE }`;

const specifications: ReadonlyMap<string, readonly CacheDirective[]> = new Map(
  ['federation', 'cacheTag'].map((name) => [name, ['cacheTag']]),
);

/** An argument without which a directive of that name means something else. */
const needed: Readonly<Record<CacheDirective, string>> = { cacheControl: 'maxAge', cacheTag: 'format' };

/**
 * The names that a document calls the directives by. An upstream's own directive of such a name, which cannot say how long
 * or by which tag, is none of the gateway's: it keeps it for itself.
 */
export function cacheDirectivesOf(document: DocumentNode): ReadonlyMap<string, CacheDirective> {
  const names = linkedNames(linksOf(document), specifications);
  for (const name of ['cacheControl', 'cacheTag'] as const) {
    const own = document.definitions.find((node) => isDefinitionOf(node, name));
    if (!own || own.arguments?.some((argument) => argument.name.value === needed[name])) names.set(name, name);
    else names.delete(name);
  }
  return names;
}

export function isDefinitionOf(node: DefinitionNode, name: string): node is DirectiveDefinitionNode {
  return node.kind === Kind.DIRECTIVE_DEFINITION && node.name.value === name;
}

const controlArguments = ['maxAge', 'scope', 'inheritMaxAge'];

/** What a `@cacheControl` says, or a sentence on why it says nothing: what is unclear must not keep anything longer. */
export function readCacheControlHint(directive: ConstDirectiveNode): CacheHint | string {
  const given = argumentsOf(directive);
  const unknown = [...given.keys()].find((name) => !controlArguments.includes(name));
  if (unknown !== undefined)
    return `expected arguments of @cacheControl ${listed(controlArguments)}, but got: ${unknown}`;
  const maxAge = given.get('maxAge');
  if (maxAge && !isAge(maxAge)) return wrong('cacheControl(maxAge:)', 'an integer of 0 or more', maxAge);
  const scope = given.get('scope');
  if (scope && !(scope.kind === Kind.ENUM && (scope.value === 'PUBLIC' || scope.value === 'PRIVATE')))
    return wrong('cacheControl(scope:)', 'PUBLIC or PRIVATE', scope);
  const inherits = given.get('inheritMaxAge');
  if (inherits && inherits.kind !== Kind.BOOLEAN)
    return wrong('cacheControl(inheritMaxAge:)', 'true or false', inherits);
  const inheritMaxAge = inherits?.kind === Kind.BOOLEAN && inherits.value;
  if (maxAge && inheritMaxAge)
    return 'expected @cacheControl to have a maxAge or to inherit one, but got: both maxAge and inheritMaxAge';
  return {
    maxAge: maxAge?.kind === Kind.INT ? Number(maxAge.value) : undefined,
    scope: scope?.kind === Kind.ENUM ? (scope.value === 'PRIVATE' ? 'PRIVATE' : 'PUBLIC') : undefined,
    inheritMaxAge,
  };
}

/** What a `@cacheTag` says, or a sentence on why it says nothing. */
export function readCacheTag(directive: ConstDirectiveNode): TagFormat | string {
  const given = argumentsOf(directive);
  const unknown = [...given.keys()].find((name) => name !== 'format');
  if (unknown !== undefined) return `expected arguments of @cacheTag "format", but got: ${unknown}`;
  const format = given.get('format');
  const read = format?.kind === Kind.STRING ? readTagFormat(format.value) : undefined;
  return read ?? wrong('cacheTag(format:)', 'a text such as "user:{$args.id}" or "user:{$key.id}"', format);
}

/** Null says what its absence does. */
function argumentsOf(directive: ConstDirectiveNode): ReadonlyMap<string, ConstValueNode> {
  const given = (directive.arguments ?? []).filter(({ value }) => value.kind !== Kind.NULL);
  return new Map(given.map(({ name, value }) => [name.value, value]));
}

// GraphQL, 3.5.1 Int.
const maxInt = 2 ** 31 - 1;

function isAge(value: ConstValueNode): boolean {
  const age = value.kind === Kind.INT ? Number(value.value) : -1;
  return age >= 0 && age <= maxInt;
}

function wrong(what: string, expected: string, value: ConstValueNode | undefined): string {
  return `expected @${what} to be ${expected}, but got: ${value ? print(value) : 'nothing'}`;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
