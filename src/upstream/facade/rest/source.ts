import { isEnumType, isLeafType, isListType, isNonNullType } from 'graphql';
import type { GraphQLLeafType, GraphQLOutputType } from 'graphql';
import { readPath } from '../../../lib/read-path.ts';
import { badResponse, kindOf } from './outcome.ts';

/** An object on its way through the executable schema: what an upstream said of it, and where it said so. */
export class Source {
  /** JSON of the upstream; `undefined` where nothing was looked up. */
  readonly body: unknown;
  /** Fields known by their GraphQL names: the keys, and what another upstream gave (`@requires`). */
  readonly known: Readonly<Record<string, unknown>>;
  /** Call and status, for messages. */
  readonly origin: string;
  /** The GraphQL type, where it is known without asking the body. */
  readonly typename: string | undefined;

  constructor({ body, known = {}, origin, typename }: SourceParts) {
    this.body = body;
    this.known = known;
    this.origin = origin;
    this.typename = typename;
  }

  /** The value of a GraphQL field: from the body by the upstream's `property`, else from what is known. */
  read(field: string, property: readonly string[]): unknown {
    const value = readPath(this.body, property);
    return value === undefined ? readPath(this.known, [field]) : value;
  }

  /** What a resolver function gets as its parent. */
  get parent(): unknown {
    return this.body ?? this.known;
  }
}

export interface SourceParts {
  readonly body: unknown;
  readonly known?: Readonly<Record<string, unknown>>;
  readonly origin: string;
  readonly typename?: string;
}

/** Where a value was found, and for which field. */
export interface ValuePlace {
  readonly upstream: string;
  readonly origin: string;
  /** Schema coordinate, such as `User.name`. */
  readonly coordinate: string;
  /** What the upstream calls it. */
  readonly property: string;
}

/**
 * Makes of a JSON value what the executor completes: objects become `Source`s. The value must have the JSON type that
 * the GraphQL type asks for.
 *
 * @throws {GatewayError} `UPSTREAM_BAD_RESPONSE` naming upstream, call, status, property and field.
 */
export type Shape = (value: unknown, place: ValuePlace) => unknown;

/** The shape of a GraphQL type. Pure. */
export function shapeOf(type: GraphQLOutputType): Shape {
  if (isNonNullType(type)) {
    const shape = shapeOf(type.ofType);
    return (value, place) => {
      if (value === null || value === undefined) throw unfit(value, type, place);
      return shape(value, place);
    };
  }
  if (isListType(type)) return nullable(listShape(type.ofType, type));
  if (isLeafType(type)) return nullable((value, place) => checkLeaf(value, type, place));
  return nullable((value, place) => {
    if (typeof value !== 'object' || Array.isArray(value)) throw unfit(value, type, place);
    return new Source({ body: value, origin: place.origin });
  });
}

function nullable(shape: Shape): Shape {
  return (value, place) => (value === null || value === undefined ? null : shape(value, place));
}

function listShape(itemType: GraphQLOutputType, type: GraphQLOutputType): Shape {
  const item = shapeOf(itemType);
  return (value, place) => {
    if (!Array.isArray(value)) throw unfit(value, type, place);
    return (value as unknown[]).map((entry, index) => {
      try {
        return item(entry, { ...place, property: `${place.property}.${index}` });
      } catch (error) {
        // The executor throws an error that it meets as a value: it then costs the item and not the list.
        return error;
      }
    });
  };
}

function checkLeaf(value: unknown, type: GraphQLLeafType, place: ValuePlace): unknown {
  try {
    type.coerceOutputValue(value);
  } catch {
    // The library's own message quotes the value, which may be personal data.
    throw unfit(value, type, place);
  }
  return value;
}

function unfit(value: unknown, type: GraphQLOutputType, { upstream, origin, coordinate, property }: ValuePlace): Error {
  const found = isEnumType(type) && typeof value === 'string' ? 'none of its values' : kindOf(value);
  const what = `"${property}" must be ${String(type)} for ${coordinate}, and is ${found}`;
  return badResponse({ upstream, origin, what });
}
