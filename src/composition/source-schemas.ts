import {
  Kind,
  parse,
  print,
  specifiedScalarTypes,
  type DocumentNode,
  type FieldDefinitionNode,
  type ObjectTypeDefinitionNode,
  type TypeDefinitionNode,
} from 'graphql';
import {
  argumentOf,
  directivesOf,
  fieldSetNames,
  fieldsOf,
  firstKey,
  isObject,
  mergedTypes,
  namedType,
  otherDefinitions,
  outputFieldsOf,
  placeOf,
} from './definitions.ts';
import {
  externalDirective,
  keyDirective,
  keyField,
  ownerOf,
  stubOf,
  type Draft,
  type Sources,
  type Types,
} from './entity-stubs.ts';
import type { Contribution, Place, Problem, SourceSchema } from './types.ts';

/**
 * What every upstream contributes becomes one federation source schema each: a field that `schema/gateway.graphql` adds
 * goes to the upstream whose resolvers fill it, entity types that a source only refers to become stubs, and what the
 * SDL leaves to common sense (`@link`, keys of stubs, `@external`) is written out. Nothing is fetched here.
 */

const federationLink = parse(
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@provides",
  "@external", "@shareable", "@override", "@inaccessible", "@tag", "@interfaceObject", "@authenticated",
  "@requiresScopes", "@policy", "@cost", "@listSize"])`,
  { noLocation: true },
).definitions;

const builtInScalars = new Set(specifiedScalarTypes.map((scalar) => scalar.name));
const rootTypes = new Set(['Query', 'Mutation', 'Subscription']);

/** Writes out the source schema of every contribution. Pure. */
export function buildSourceSchemas(
  contributions: readonly Contribution[],
  urlOf: (name: string) => string,
): { readonly sources: readonly SourceSchema[]; readonly problems: readonly Problem[] } {
  const drafts = contributions.map((contribution) => ({ contribution, types: mergedTypes(contribution.sdl) }));
  const sources: Sources = { drafts, problems: [] };
  const gateway = drafts.find((draft) => draft.contribution.kind === 'local');
  if (gateway) homeFields(gateway, sources);
  for (const draft of drafts) if (isOwnSdl(draft)) completeTypes(draft, sources);
  return {
    sources: drafts
      .filter((draft) => draft !== gateway || draft.types.size > 0)
      .map(({ contribution, types }) => ({
        name: contribution.name,
        file: contribution.file,
        url: urlOf(contribution.name),
        sdl: isOwnSdl({ contribution, types }) ? withLink(contribution.sdl, types) : contribution.sdl,
      })),
    problems: sources.problems,
  };
}

function isOwnSdl({ contribution }: Draft): boolean {
  return contribution.kind === 'rest' || contribution.kind === 'local';
}

function withLink(sdl: DocumentNode, types: Types): DocumentNode {
  const others = otherDefinitions(sdl);
  const hasLink = others.some(
    (node) =>
      (node.kind === Kind.SCHEMA_EXTENSION || node.kind === Kind.SCHEMA_DEFINITION) &&
      directivesOf(node, 'link').length > 0,
  );
  return { kind: Kind.DOCUMENT, definitions: [...(hasLink ? [] : federationLink), ...others, ...types.values()] };
}

/** Moves each field of the gateway's schema to the upstream whose resolvers fill it; what the gateway fills stays. */
function homeFields(gateway: Draft, sources: Sources): void {
  const homes = new Map<string, Draft>();
  for (const draft of sources.drafts) {
    for (const { type, field } of draft.contribution.filled) {
      if (draft !== gateway) homes.set(`${type}.${field}`, draft);
    }
  }
  const own = new Set(gateway.contribution.filled.map(({ type, field }) => `${type}.${field}`));
  const declared = definedTypes(gateway.contribution.sdl);
  for (const [name, type] of [...gateway.types]) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const staying: FieldDefinitionNode[] = [];
    let home: Draft | undefined;
    for (const field of type.fields ?? []) {
      const coordinate = `${name}.${field.name.value}`;
      const filling = own.has(coordinate) ? undefined : homes.get(coordinate);
      if (filling) {
        addField(filling, { type, field }, sources);
        home ??= filling;
      } else if (!own.has(coordinate) && !declared.has(name) && !isKeyOrExternal(type, field)) {
        sources.problems.push(unfilled(coordinate, placeOf(gateway.contribution.file, field)));
      } else staying.push(field);
    }
    if (staying.length > 0) gateway.types.set(name, { ...type, fields: staying });
    else {
      gateway.types.delete(name);
      moveDirectives(type, home ?? definingDraft(name, gateway, sources), sources);
    }
  }
}

function definingDraft(name: string, gateway: Draft, { drafts }: Sources): Draft | undefined {
  return drafts.find((draft) => draft !== gateway && isOwnSdl(draft) && isObject(draft.types.get(name)));
}

/** What the gateway says of a type (guards, tags) goes where its fields go: it must not get lost with the type. */
function moveDirectives(type: ObjectTypeDefinitionNode, home: Draft | undefined, sources: Sources): void {
  const base = home?.types.get(type.name.value);
  const moving = (type.directives ?? []).filter(({ name }) => name.value !== 'key');
  if (moving.length === 0) return;
  if (!home || !isObject(base)) {
    // Where a field could not be homed, that has been said.
    if (type.fields?.length) return;
    sources.problems.push({
      code: 'CONTRACT',
      message: `nothing but directives is added to "${type.name.value}": expected them in the schema of an upstream that has the type`,
      places: [placeOf(gatewayFile(sources), type)],
    });
    return;
  }
  const known = new Set((base.directives ?? []).map((directive) => print(directive)));
  const added = moving.filter((directive) => !known.has(print(directive)));
  home.types.set(type.name.value, { ...base, directives: [...(base.directives ?? []), ...added] });
}

function definedTypes(sdl: DocumentNode): ReadonlySet<string> {
  return new Set(
    sdl.definitions.flatMap((node) => (node.kind === Kind.OBJECT_TYPE_DEFINITION ? [node.name.value] : [])),
  );
}

function isKeyOrExternal(type: TypeDefinitionNode, field: FieldDefinitionNode): boolean {
  if (directivesOf(field, 'external').length > 0) return true;
  const key = firstKey(type);
  return key !== undefined && fieldSetNames(key).includes(field.name.value);
}

function unfilled(coordinate: string, place: Place): Problem {
  return {
    code: 'CONTRACT',
    message: `nothing fills "${coordinate}": expected a resolver for it in resolvers/gateway or in the resolvers of an upstream`,
    places: [place],
  };
}

interface Link {
  readonly type: ObjectTypeDefinitionNode;
  readonly field: FieldDefinitionNode;
}

function addField(home: Draft, { type, field }: Link, sources: Sources): void {
  const name = type.name.value;
  const known = home.types.get(name);
  const base = isObject(known) ? known : stubOf(name, { sources, resolvable: true, keyed: !rootTypes.has(name) });
  const twin = fieldsOf(base).find((other) => other.name.value === field.name.value);
  if (twin) {
    sources.problems.push({
      code: 'CONTRACT',
      message: `"${name}.${field.name.value}" is declared twice: expected it in one of the two files`,
      places: [placeOf(gatewayFile(sources), field), placeOf(home.contribution.file, twin)],
    });
    return;
  }
  home.types.set(name, { ...base, fields: [...(base.fields ?? []), field] });
}

/** Adds what a source refers to but does not define: keys of extended types, required fields, stubs, shared types. */
function completeTypes(draft: Draft, sources: Sources): void {
  for (const [name, type] of [...draft.types]) {
    if (isObject(type) && !rootTypes.has(name)) draft.types.set(name, withKeyAndRequired(type, { draft, sources }));
  }
  const pending = [...draft.types.values()];
  for (let type = pending.pop(); type; type = pending.pop()) {
    for (const field of fieldsOf(type)) {
      const inputs = field.kind === Kind.FIELD_DEFINITION ? (field.arguments ?? []) : [];
      for (const node of [field, ...inputs]) {
        const name = namedType(node.type);
        if (builtInScalars.has(name) || draft.types.has(name)) continue;
        const added = borrowed(name, sources);
        if (added) {
          draft.types.set(name, added);
          pending.push(added);
        } else sources.problems.push(unknownType(name, placeOf(draft.contribution.file, node)));
      }
    }
  }
}

function unknownType(name: string, place: Place): Problem {
  return {
    code: 'CONTRACT',
    message: `"${name}" is neither a type of this file nor an entity, input, enum or scalar of another one`,
    places: [place],
  };
}

/** An entity as a stub; an input, enum or scalar as it is; an object without a key cannot be borrowed. */
function borrowed(name: string, sources: Sources): TypeDefinitionNode | undefined {
  const keyed = ownerOf(name, sources);
  if (keyed) return stubOf(name, { sources, resolvable: false, keyed: true });
  for (const { types } of sources.drafts) {
    const type = types.get(name);
    const isShared =
      type?.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ||
      type?.kind === Kind.ENUM_TYPE_DEFINITION ||
      type?.kind === Kind.SCALAR_TYPE_DEFINITION;
    if (isShared) return type;
  }
  return undefined;
}

function withKeyAndRequired(
  type: ObjectTypeDefinitionNode,
  { draft, sources }: { readonly draft: Draft; readonly sources: Sources },
): ObjectTypeDefinitionNode {
  const own = directivesOf(type, 'key').length > 0;
  const owner = own ? undefined : ownerOf(type.name.value, sources);
  const key = firstKey(owner);
  const fields = [...(type.fields ?? [])];
  const add = (field: FieldDefinitionNode) => {
    if (!fields.some((other) => other.name.value === field.name.value)) fields.push(field);
  };
  if (key) for (const name of fieldSetNames(key)) add(keyField(name, owner));
  for (const field of type.fields ?? []) {
    for (const requires of directivesOf(field, 'requires')) {
      const required = argumentOf(requires, 'fields');
      if (typeof required !== 'string') continue;
      for (const name of fieldSetNames(required)) {
        const known = describedField(type.name.value, name, { draft, sources });
        if (known) add({ ...known, directives: [externalDirective] });
      }
    }
  }
  return { ...type, fields, directives: [...(type.directives ?? []), ...(key ? [keyDirective(key, true)] : [])] };
}

function describedField(
  type: string,
  name: string,
  { draft, sources }: { readonly draft: Draft; readonly sources: Sources },
): FieldDefinitionNode | undefined {
  for (const other of sources.drafts) {
    if (other === draft) continue;
    const known = outputFieldsOf(other.types.get(type)).find((field) => field.name.value === name);
    if (known && directivesOf(known, 'external').length === 0) return known;
  }
  return undefined;
}

function gatewayFile({ drafts }: Sources): string {
  return drafts.find((draft) => draft.contribution.kind === 'local')?.contribution.file ?? 'schema/gateway.graphql';
}
