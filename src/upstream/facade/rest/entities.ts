import type { GraphQLObjectType, GraphQLResolveInfo } from 'graphql';
import { GatewayError } from '../../../errors.ts';
import type { RequestScope } from '../../types.ts';
import type { Declarations } from './inputs.ts';
import { badResponse, kindOf } from './outcome.ts';
import type { TypeDeclaration } from './read-declarations.ts';
import { requestedFields } from './requested-fields.ts';
import type { RestRequests } from './requests.ts';
import { Source } from './source.ts';
import { declared } from './types.ts';
import type { Entity, Filler } from './types.ts';

export interface EntityAsked {
  readonly upstream: string;
  readonly declarations: Declarations;
  readonly type: GraphQLObjectType;
  /** Its fields that are known: a representation, or the key that a reference found. */
  readonly known: Readonly<Record<string, unknown>>;
  readonly requests: (scope: RequestScope) => RestRequests;
  readonly scope: RequestScope;
  readonly info: GraphQLResolveInfo;
}

/**
 * The entity of which some fields are known. It is looked up only where the operation asks for more than these and than
 * what further calls fill from them; null where the look-up finds none.
 */
export async function resolveEntity(asked: EntityAsked): Promise<Source | null> {
  const { upstream, declarations, type, known, requests, scope, info } = asked;
  const declaration = declarations.get(type.name);
  const typename = type.name;
  const entity = declaration?.entity;
  if (!entity || !needsBody(asked, declaration, requestedFields(info, type))) {
    return new Source({ body: undefined, known, origin: `a representation of ${typename} came`, typename });
  }
  const outcome = await requests(scope).load(entity, keysOf(entity, asked));
  if (outcome.kind !== 'body' || outcome.body === null) return null;
  const { body, origin } = outcome;
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw badResponse({ upstream, origin, what: `the body must be a ${typename}, and is ${kindOf(body)}` });
  }
  return new Source({ body, known, origin, typename });
}

function keysOf(entity: Entity, { upstream, type, known }: EntityAsked): Readonly<Record<string, unknown>> {
  const missing = entity.key.filter((name) => known[name] === undefined || known[name] === null);
  if (missing.length > 0) {
    const message = `${upstream}: ${type.name} is looked up by ${entity.key.join(', ')}, but a representation came without ${missing.join(', ')}`;
    throw new GatewayError('INTERNAL_ERROR', message, { upstream });
  }
  return Object.fromEntries(entity.key.map((name) => [name, known[name]]));
}

/** Whether a requested field can be filled by nothing but the entity's body. */
function needsBody({ type, known }: EntityAsked, { fields }: TypeDeclaration, requested: ReadonlySet<string>): boolean {
  const isKnown = (name: string) => Object.hasOwn(known, name);
  return [...requested].some((name) => {
    if (name === '__typename' || isKnown(name)) return false;
    const filler = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (filler === undefined || typeof filler === 'string') return true;
    const needed = neededNames(filler);
    const given = new Set(type.getFields()[name]?.args.map((argument) => argument.name));
    return needed === undefined || !needed.every((field) => given.has(field) || isKnown(field));
  });
}

/** The arguments and parent's fields that a filler reads; `undefined` where it reads the parent's body itself. */
function neededNames(filler: Filler): readonly string[] | undefined {
  if (typeof filler === 'function' || filler[declared] === 'reference') return undefined;
  const names = filler[declared] === 'call' ? filler.placeholders : Object.values(filler.keys);
  return names.map((name) => name.split('.')[0] ?? name);
}
