import { getNamedType, isListType, isNonNullType, isObjectType } from 'graphql';
import type { DocumentNode, GraphQLObjectType, GraphQLOutputType, GraphQLSchema } from 'graphql';
import { buildSourceSchema } from '../executable.ts';
import { propertyOf } from './inputs.ts';
import type { Declarations } from './inputs.ts';
import { findOperation } from './openapi.ts';
import type { ApiSchema, OpenApiDocument } from './openapi.ts';
import { tryDeclarations } from './read-declarations.ts';
import type { ResolverExports } from './read-declarations.ts';
import { declared } from './types.ts';
import type { RestCall } from './types.ts';

export interface OpenApiCheck {
  readonly openapi: OpenApiDocument;
  readonly declarations: ResolverExports;
  /** The source schema that the resolvers fill. */
  readonly sdl: DocumentNode;
  /** The resolvers file, for messages. */
  readonly file: string;
}

/** One call, and what its answer is read as. */
interface Use {
  readonly place: string;
  readonly call: RestCall;
  readonly type: GraphQLOutputType | undefined;
}

interface Check {
  readonly document: OpenApiDocument;
  readonly schema: GraphQLSchema;
  readonly declarations: Declarations;
  /** Types already compared with the answer of the call at hand. */
  readonly seen: Set<string>;
}

/**
 * Holds the calls of a resolvers file against the upstream's OpenAPI document: paths, methods, query parameters, bodies,
 * and every property that a field is read from. Gives each problem as one line; none when all is well. Pure.
 *
 * @throws {Error} for a schema that cannot be read, which `checkDeclarations` tells as a problem.
 */
export function checkOpenApi({ openapi, declarations: exports, sdl, file }: OpenApiCheck): string[] {
  const { declarations } = tryDeclarations(exports);
  const schema = buildSourceSchema(sdl);
  const uses = [...declarations].flatMap(([name]) => usesOf(name, { declarations, schema }));
  const problems = uses.flatMap((use) => {
    const check: Check = { document: openapi, schema, declarations, seen: new Set() };
    return checkUse(use, check).map((problem) => `${file}: ${use.place}: ${problem}`);
  });
  return [...new Set(problems)];
}

function usesOf(name: string, { declarations, schema }: Pick<Check, 'declarations' | 'schema'>): Use[] {
  const { entity, fields } = declarations.get(name) ?? { entity: undefined, fields: {} };
  const type = schema.getType(name);
  if (!isObjectType(type)) return [];
  const uses: Use[] = [];
  if (entity?.calls.one) uses.push({ place: `${name}, "one"`, call: entity.calls.one, type });
  if (entity?.calls.many) uses.push({ place: `${name}, "many"`, call: entity.calls.many, type });
  for (const [field, filler] of Object.entries(fields)) {
    if (typeof filler === 'string' || typeof filler === 'function' || filler[declared] === 'reference') continue;
    const place = `${name}.${field}`;
    if (filler[declared] === 'call') uses.push({ place, call: filler, type: type.getFields()[field]?.type });
    else if (filler.at !== undefined && filler.entity.calls.one) {
      const { one } = filler.entity.calls;
      const at = one.at === undefined ? filler.at : `${one.at}.${filler.at}`;
      uses.push({ place, call: { ...one, at }, type: undefined });
    }
  }
  return uses;
}

function checkUse({ call, type }: Use, check: Check): string[] {
  const name = `${call.method} ${call.path}`;
  const operation = findOperation(check.document, call.method, call.path);
  if (!operation) return [`${check.document.file} has no ${name}`];
  const problems: string[] = [];
  for (const parameter of Object.keys(call.query)) {
    if (operation.query.some((known) => known.name === parameter)) continue;
    problems.push(`${name} has no query parameter "${parameter}"`);
  }
  for (const known of operation.query) {
    if (known.isRequired && !(known.name in call.query))
      problems.push(`${name} needs the query parameter "${known.name}"`);
  }
  if (operation.body === 'required' && call.body === undefined) problems.push(`${name} needs a body`);
  if (operation.body === 'none' && call.body !== undefined) problems.push(`${name} takes no body`);
  if (!operation.answer) return problems;
  return [...problems, ...checkAnswer(operation.answer, { call, type }, check).map((problem) => `${name} ${problem}`)];
}

function checkAnswer(answer: ApiSchema, { call, type }: Pick<Use, 'call' | 'type'>, check: Check): string[] {
  const path = call.items ?? call.at;
  const part = path === undefined ? answer : propertyAt(answer, path);
  if (!part) return [`answers without "${path}"`];
  if (part === 'open') return [];
  if (call.by === undefined) return type ? checkType(part, type, check) : [];
  const items = part.items();
  if (!items) return [`answers ${path === undefined ? 'no list' : `no list at "${path}"`}`];
  const missing = propertyAt(items, call.by) ? [] : [`answers items without "${call.by}"`];
  return [...missing, ...(type ? checkType(items, type, check) : [])];
}

function checkType(answer: ApiSchema, type: GraphQLOutputType, check: Check): string[] {
  if (isNonNullType(type)) return checkType(answer, type.ofType, check);
  if (isListType(type)) {
    const items = answer.items();
    if (items) return checkType(items, type.ofType, check);
    return answer.isOpen ? [] : [`answers no list, which ${String(type)} needs`];
  }
  const named = getNamedType(type);
  if (!isObjectType(named) || check.seen.has(named.name)) return [];
  check.seen.add(named.name);
  return checkFields(answer, named, check);
}

function checkFields(answer: ApiSchema, type: GraphQLObjectType, check: Check): string[] {
  const fields = check.declarations.get(type.name)?.fields ?? {};
  return Object.values(type.getFields()).flatMap((field) => {
    const filler = Object.hasOwn(fields, field.name) ? fields[field.name] : undefined;
    if (filler !== undefined && typeof filler !== 'string') return [];
    if (field.astNode?.directives?.some(({ name }) => name.value === 'external')) return [];
    const path = propertyOf(check.declarations, type.name, field.name).join('.');
    const property = propertyAt(answer, path);
    if (!property) return [`answers without "${path}", which ${type.name}.${field.name} is read from`];
    return property === 'open' ? [] : checkType(property, field.type, check);
  });
}

/** The schema at a dotted path; `open` where the document leaves it open, `undefined` where it rules it out. */
function propertyAt(schema: ApiSchema, path: string): ApiSchema | 'open' | undefined {
  let found: ApiSchema = schema;
  for (const name of path.split('.')) {
    const next = found.property(name);
    if (!next) return found.isOpen ? 'open' : undefined;
    found = next;
  }
  return found;
}
