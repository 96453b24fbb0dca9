import { getNamedType, isListType, isNonNullType, isObjectType } from 'graphql';
import type { GraphQLField, GraphQLObjectType, GraphQLOutputType } from 'graphql';
import { GatewayError } from '../../../errors.ts';
import { readPath } from '../../../lib/read-path.ts';
import type { RequestScope } from '../../types.ts';
import type { FieldResolver } from '../executable.ts';
import { resolveEntity } from './entities.ts';
import { fieldContext } from './field-context.ts';
import type { FindFacade } from './field-context.ts';
import { propertyOf, valuesOf } from './inputs.ts';
import type { Declarations } from './inputs.ts';
import { badResponse, bodyOf, kindOf, notFound } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { RestRequests } from './requests.ts';
import { shapeOf, Source } from './source.ts';
import type { ValuePlace } from './source.ts';
import { declared } from './types.ts';
import type { FieldFunction, Lookup, Reference, RestCall } from './types.ts';

/** What the fields of one REST upstream are filled with. */
export interface Filling {
  readonly upstream: string;
  readonly declarations: Declarations;
  readonly requests: (scope: RequestScope) => RestRequests;
  readonly find: FindFacade;
}

interface Place extends Filling {
  readonly type: string;
  readonly field: GraphQLField<unknown, unknown>;
  /** Schema coordinate, such as `User.name`. */
  readonly coordinate: string;
}

const rootTypes = new Set(['Query', 'Mutation', 'Subscription']);

/**
 * What fills one field: its declaration, else the property of its name.
 *
 * @throws {TypeError} for a call or look-up of another upstream.
 */
export function resolverOf(
  filling: Filling,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
): FieldResolver {
  const place: Place = { ...filling, type: type.name, field, coordinate: `${type.name}.${field.name}` };
  const fields = filling.declarations.get(type.name)?.fields ?? {};
  const filler = Object.hasOwn(fields, field.name) ? fields[field.name] : undefined;
  if (filler === undefined || typeof filler === 'string') return propertyResolver(place);
  if (typeof filler === 'function') return functionResolver(filler, place);
  checkOwner(filler, place);
  if (filler[declared] === 'call') return callResolver(filler, place);
  return filler[declared] === 'lookup' ? lookupResolver(filler, place) : referenceResolver(filler, place);
}

/** It would go to the wrong server, with headers that are not its own. */
function checkOwner(filler: RestCall | Lookup | Reference, { upstream, coordinate }: Place): void {
  if (filler[declared] === 'reference') return;
  const owner = filler[declared] === 'call' ? filler.upstream : filler.entity.upstream;
  if (owner === upstream) return;
  throw new TypeError(
    `${coordinate} must be filled by upstream "${upstream}" here, but got a ${filler[declared]} of "${owner}"`,
  );
}

function sourceOf(value: unknown): Source | undefined {
  return value instanceof Source ? value : undefined;
}

function propertyResolver({ upstream, declarations, type, field, coordinate }: Place): FieldResolver {
  if (rootTypes.has(type)) {
    return () => {
      throw new GatewayError('INTERNAL_ERROR', `nothing in the resolvers of "${upstream}" fills ${coordinate}`, {
        upstream,
      });
    };
  }
  const shape = shapeOf(field.type);
  const property = propertyOf(declarations, type, field.name);
  return (value) => {
    const source = sourceOf(value);
    const place = { upstream, origin: source?.origin ?? type, coordinate, property: property.join('.') };
    return shape(source?.read(field.name, property), place);
  };
}

function functionResolver(fill: FieldFunction, { upstream, find, field, coordinate }: Place): FieldResolver {
  const shape = shapeOf(field.type);
  return async (value, args, { scope }) => {
    const filled = await runFunction(() => fill(sourceOf(value)?.parent ?? {}, args, fieldContext(scope, find)), {
      upstream,
      coordinate,
    });
    return shape(filled, { upstream, origin: `the function of ${coordinate} ran`, coordinate, property: 'its result' });
  };
}

/** Runs a resolver function of the user. @throws {GatewayError} its own, else `INTERNAL_ERROR`. */
export async function runFunction(
  fill: () => unknown,
  { upstream, coordinate }: { readonly upstream: string; readonly coordinate: string },
): Promise<unknown> {
  try {
    return await fill();
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('INTERNAL_ERROR', `the function of ${coordinate} threw: ${message}`, { upstream, cause });
  }
}

function callResolver(call: RestCall, place: Place): FieldResolver {
  const shape = shapeOf(place.field.type);
  return async (value, args, { scope }) => {
    const outcome = await place.requests(scope).run(call, valuesOf(place, sourceOf(value), args));
    if (outcome.kind !== 'body') return withoutBody(outcome, place, call);
    const property = call.items ?? call.at ?? 'the body';
    return shape(bodyOf(outcome, call), { ...place, origin: outcome.origin, property });
  };
}

/** 404 and empty bodies: null where the field may be, `true` for what was done and is Boolean, else an error. */
function withoutBody(
  outcome: Exclude<Outcome, { readonly kind: 'body' }>,
  { upstream, field, coordinate }: Place,
  call?: RestCall,
): null | true {
  const isRead = call === undefined || call.method === 'GET';
  if (outcome.kind === 'missing') {
    // A change of what is not there has not happened: null would say that it had.
    if (isRead && !isNonNullType(field.type)) return null;
    throw outcome.error;
  }
  if (!isRead && getNamedType(field.type).name === 'Boolean' && !hasList(field.type)) return true;
  if (!isNonNullType(field.type)) return null;
  throw badResponse({
    upstream,
    origin: outcome.origin,
    what: `the body is empty, and ${coordinate} must not be null`,
  });
}

function hasList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

function lookupResolver({ entity, keys, at }: Lookup, place: Place): FieldResolver {
  const { upstream, requests, field, coordinate } = place;
  const shape = shapeOf(field.type);
  return async (value, args, { scope }) => {
    const values = valuesOf(place, sourceOf(value), args);
    const found = Object.entries(keys).map(([name, path]) => [name, values(path.split('.'))] as const);
    if (found.some(([, key]) => key === undefined || key === null)) {
      const error = notFound(`${upstream}: ${coordinate} is looked up by a key that is null`, { upstream });
      return withoutBody({ kind: 'missing', origin: coordinate, error }, place);
    }
    const outcome = await requests(scope).load(entity, Object.fromEntries(found));
    if (outcome.kind !== 'body') return withoutBody(outcome, place);
    const { body, origin } = outcome;
    if (at !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) {
      throw badResponse({ upstream, origin, what: `the body must be an object, but is ${kindOf(body)}` });
    }
    const part = at === undefined ? body : readPath(body, at.split('.'));
    return shape(part, { upstream, origin, coordinate, property: at ?? 'the body' });
  };
}

function referenceResolver({ keys }: Reference, place: Place): FieldResolver {
  const { upstream, field, coordinate } = place;
  const type = getNamedType(field.type);
  const isRequired = isNonNullType(field.type);
  return (value, _args, { scope }, info) => {
    const source = sourceOf(value);
    const origin = source?.origin ?? coordinate;
    const found = Object.entries(keys).map(([name, path]) => [name, source?.read(path, path.split('.'))] as const);
    const missing = found.filter(([, key]) => key === undefined || key === null);
    if (missing.length > 0) {
      if (!isRequired) return null;
      const paths = missing.map(([name]) => `"${keys[name]}"`).join(', ');
      throw badResponse({ upstream, origin, what: `${paths} must not be null for ${coordinate}` });
    }
    const refer = async (known: Readonly<Record<string, unknown>>) => {
      if (!isObjectType(type)) throw new GatewayError('INTERNAL_ERROR', `${coordinate} must be of an object type`);
      const entity = await resolveEntity({ ...place, type, known, scope, info });
      if (entity || !isRequired) return entity;
      throw notFound(`${upstream}: ${coordinate} refers to a ${type.name} that is not there`, { upstream });
    };
    if (!hasList(field.type)) return refer(Object.fromEntries(found));
    return splitKeys(found, { upstream, origin, coordinate }).map((known) => known && refer(known));
  };
}

type FoundKeys = readonly (readonly [name: string, value: unknown])[];

/** Lists of key values as one key for each item; an item without its key is null. */
function splitKeys(
  found: FoundKeys,
  { upstream, origin, coordinate }: Pick<ValuePlace, 'upstream' | 'origin' | 'coordinate'>,
): (Readonly<Record<string, unknown>> | null)[] {
  const [length] = found.map(([, values]) => (Array.isArray(values) ? values.length : -1));
  for (const [name, values] of found) {
    if (Array.isArray(values) && values.length === length) continue;
    const what = `${coordinate} needs a list for "${name}"${found.length > 1 ? ', as long as that of its other keys' : ''}`;
    throw badResponse({ upstream, origin, what });
  }
  return Array.from({ length: length ?? 0 }, (_, index) => {
    const known = found.map(([name, values]) => [name, (values as readonly unknown[])[index]] as const);
    return known.some(([, key]) => key === null || key === undefined) ? null : Object.fromEntries(known);
  });
}
