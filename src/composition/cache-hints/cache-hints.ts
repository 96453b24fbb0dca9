import { Kind, type ConstDirectiveNode, type DocumentNode, type TypeDefinitionNode } from 'graphql';
import type { CacheHint } from '../../config/cache-types.ts';
import { GatewayError } from '../../errors.ts';
import { closest } from '../../lib/closest.ts';
import { argumentOf, mergedTypes, outputFieldsOf, readFieldSet } from '../definitions.ts';
import { cacheDirectivesOf, readCacheControlHint, readCacheTag, type CacheDirective } from './cache-directives.ts';
import { strictestOf } from './strictest.ts';
import type { TagFormat } from './tag-format.ts';

/** What a supergraph, and the configuration beside it, say of how long answers may be kept. Plain data over names. */
export interface CacheHints {
  /**
   * By `Type` (object, interface, union) and `Type.field`. What an interface and its fields say holds for the types that
   * implement it, too: the strictest of both. Places that nothing is said of are absent.
   */
  readonly hints: ReadonlyMap<string, CacheHint>;
  /** By `Type.field` of root types: tags of answers that the field is read in. */
  readonly fieldTags: ReadonlyMap<string, readonly TagFormat[]>;
  /** Object types whose objects can be told apart, by name. Root types are none. */
  readonly entities: ReadonlyMap<string, EntityHints>;
}

export interface EntityHints {
  /** The field `id`, or the first key that is a single field. */
  readonly idField: string | undefined;
  /** Tags of answers that an object of the type is read in. */
  readonly tags: readonly TagFormat[];
}

/**
 * The hints of a supergraph and those of the configuration: where both speak of a place, the strictest holds. Pure.
 *
 * @throws {GatewayError} `COMPOSITION_FAILED` where a directive says nothing that could be kept; `CONFIGURATION_INVALID` where
 * `configured` names a place that the supergraph does not have.
 */
export function readCacheHints(supergraph: DocumentNode, configured: Readonly<Record<string, CacheHint>>): CacheHints {
  const reader = new Reader(cacheDirectivesOf(supergraph));
  const types = mergedTypes(supergraph);
  const places = new Set<string>();
  for (const [name, type] of types) for (const place of reader.readType(name, type)) places.add(place);
  for (const [place, hint] of Object.entries(configured)) {
    if (!places.has(place)) throw unknownPlace(place, [...places]);
    reader.say(place, hint);
  }
  const own = reader.strictest();
  const roots = rootsOf(supergraph);
  const objects = [...types].filter(([name, { kind }]) => kind === Kind.OBJECT_TYPE_DEFINITION && !roots.has(name));
  return {
    hints: withInterfaces(own, types),
    fieldTags: new Map([...reader.tags].filter(([place]) => place.includes('.'))),
    entities: new Map(objects.flatMap(([name, type]) => entityOf(name, type, reader.tags.get(name)))),
  };
}

/** Hints of a schema that says nothing: no answer is kept. */
export const noCacheHints: CacheHints = { hints: new Map(), fieldTags: new Map(), entities: new Map() };

class Reader {
  readonly tags = new Map<string, TagFormat[]>();
  readonly #names: ReadonlyMap<string, CacheDirective>;
  readonly #said = new Map<string, CacheHint[]>();

  constructor(names: ReadonlyMap<string, CacheDirective>) {
    this.#names = names;
  }

  /** Reads a type and its fields, and gives the places that may have hints. */
  readType(name: string, type: TypeDefinitionNode): readonly string[] {
    if (!hintable.has(type.kind)) return [];
    const fields = outputFieldsOf(type).map((field) => [`${name}.${field.name.value}`, field] as const);
    this.#read(name, type.directives);
    for (const [place, field] of fields) this.#read(place, field.directives);
    return [name, ...fields.map(([place]) => place)];
  }

  say(place: string, hint: CacheHint): void {
    push(this.#said, place, hint);
  }

  strictest(): Map<string, CacheHint> {
    const all = [...this.#said].map(([place, said]) => [place, strictestOf(said)] as const);
    return new Map(all.flatMap(([place, hint]) => (hint ? [[place, hint] as const] : [])));
  }

  #read(place: string, directives: readonly ConstDirectiveNode[] | undefined): void {
    for (const written of directives ?? []) {
      const directive = written.name.value === 'join__directive' ? directiveInside(written) : written;
      const is = directive && this.#names.get(directive.name.value);
      if (!is) continue;
      const read = is === 'cacheTag' ? readCacheTag(directive) : readCacheControlHint(directive);
      if (typeof read === 'string')
        throw new GatewayError('COMPOSITION_FAILED', `"${place}" of the supergraph: ${read}`);
      if ('inheritMaxAge' in read) this.say(place, read);
      else push(this.tags, place, read);
    }
  }
}

/** Apollo's composition has `@cacheTag` as `@join__directive(name: "federation__cacheTag", args: { format: "users" })`. */
function directiveInside(directive: ConstDirectiveNode): ConstDirectiveNode | undefined {
  if (argumentOf(directive, 'name') !== 'federation__cacheTag') return undefined;
  const args = directive.arguments?.find(({ name }) => name.value === 'args')?.value;
  const fields = args?.kind === Kind.OBJECT ? args.fields : [];
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'cacheTag' },
    arguments: fields.map(({ name, value }) => ({ kind: Kind.ARGUMENT, name, value })),
  };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

const hintable = new Set<string>([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
]);

function unknownPlace(place: string, places: readonly string[]): GatewayError {
  const near = closest(place, places);
  return new GatewayError(
    'CONFIGURATION_INVALID',
    `cache.graphql.coordinates: expected an object, interface or union of the schema, or a field of one, but got: "${place}"${near === undefined ? '' : ` (did you mean "${near}"?)`}`,
  );
}

function withInterfaces(
  own: ReadonlyMap<string, CacheHint>,
  types: ReadonlyMap<string, TypeDefinitionNode>,
): ReadonlyMap<string, CacheHint> {
  const all = new Map(own);
  for (const [name, type] of types) {
    const interfaces = 'interfaces' in type ? (type.interfaces ?? []).map((each) => each.name.value) : [];
    if (interfaces.length === 0) continue;
    for (const end of ['', ...outputFieldsOf(type).map((field) => `.${field.name.value}`)]) {
      const hint = strictestOf([name, ...interfaces].flatMap((each) => own.get(each + end) ?? []));
      if (hint) all.set(name + end, hint);
    }
  }
  return all;
}

function rootsOf({ definitions }: DocumentNode): ReadonlySet<string> {
  const named = definitions.flatMap((node) =>
    node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION
      ? (node.operationTypes ?? []).map(({ type }) => type.name.value)
      : [],
  );
  return new Set(['Query', 'Mutation', 'Subscription', ...named]);
}

function entityOf(
  name: string,
  type: TypeDefinitionNode,
  tags: readonly TagFormat[] = [],
): readonly (readonly [string, EntityHints])[] {
  const hasId = outputFieldsOf(type).some((field) => field.name.value === 'id');
  const idField = hasId ? 'id' : firstSingleKey(type);
  return idField === undefined && tags.length === 0 ? [] : [[name, { idField, tags }]];
}

/** @see {@link https://specs.apollo.dev/join/v0.3/#@type | join v0.3, @join__type} */
function firstSingleKey({ directives }: TypeDefinitionNode): string | undefined {
  for (const directive of directives ?? []) {
    const key = directive.name.value === 'join__type' ? argumentOf(directive, 'key') : undefined;
    if (typeof key !== 'string') continue;
    const [field, ...others] = readFieldSet(key).selections;
    if (field?.kind === Kind.FIELD && !field.selectionSet && others.length === 0) return field.name.value;
  }
  return undefined;
}
