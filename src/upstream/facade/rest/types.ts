import type { DocumentNode } from 'graphql';
import type { Caller } from '../../../identity/caller.ts';

/**
 * What a resolvers file says: how the fields of GraphQL types are filled from REST calls. All of it is plain, frozen
 * data that the planner and the checks can read; it is bound to a live upstream at start. Nothing here makes a call.
 */

/** Tells a declaration from an object of fields, whose property names are the user's. */
export const declared: unique symbol = Symbol.for('weft.declared');

export type RestMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * A JSON value whose texts may hold placeholders. A text that is one placeholder and nothing else takes the value as it
 * is, type included; a property whose value is not given is left out, while `null` stays.
 */
export type BodyTemplate =
  | string
  | number
  | boolean
  | null
  | readonly BodyTemplate[]
  | { readonly [property: string]: BodyTemplate };

export interface CallOptions {
  /** Query parameters by name. One whose value is not given or null is left out; a list is joined with commas. */
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  /** JSON body. Not for GET. */
  readonly body?: BodyTemplate;
  /** Dotted path of the list in the response body. Default: the body is the list. */
  readonly items?: string;
  /** Dotted path of the value in the response body. Default: the body is the value. */
  readonly at?: string;
  /** For `many`: dotted path, in an item, of the key that the item answers. */
  readonly by?: string;
  /** For `many`: keys at most in one call; an integer above 0. Default 100. */
  readonly max?: number;
}

/** One REST call, with placeholders. */
export interface RestCall {
  readonly [declared]: 'call';
  /** Upstream name. */
  readonly upstream: string;
  readonly method: RestMethod;
  /** Begins with `/`; placeholders are percent-encoded, so that no value can change the path. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | boolean>>;
  readonly body: BodyTemplate | undefined;
  readonly items: string | undefined;
  readonly at: string | undefined;
  readonly by: string | undefined;
  readonly max: number | undefined;
  /** Dotted names, each once. */
  readonly placeholders: readonly string[];
}

/** Fills a field by looking an entity up; the keys come from the field's arguments or from its parent's fields. */
export interface Lookup {
  readonly [declared]: 'lookup';
  readonly entity: Entity;
  /** By key field: the dotted name of an argument, or a field of the parent. */
  readonly keys: Readonly<Record<string, string>>;
  /** Dotted path, in the entity's body, of the value that is taken in place of the whole entity. */
  readonly at: string | undefined;
  /** The same look-up, of which one value of the entity's body is taken: a dotted path by the upstream's names. */
  readonly pick: (path: string) => Lookup;
}

/** Fills a field with an entity of which the parent's body holds the key. */
export interface Reference {
  readonly [declared]: 'reference';
  readonly entity: Entity | undefined;
  /** By key field: dotted path in the parent's body, by the upstream's names. A list there makes a list of entities. */
  readonly keys: Readonly<Record<string, string>>;
}

/** What a resolver function may use beside its parent and its arguments. */
export interface FieldContext {
  readonly requestId: string;
  readonly caller: Caller;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /**
   * Makes a declared call, with `values` for its placeholders. Gives the JSON at `items` or `at`; `null` for 404 and for
   * an empty body.
   *
   * @throws {GatewayError} as the README's error table says.
   */
  readonly call: (call: RestCall, values?: Readonly<Record<string, unknown>>) => Promise<unknown>;
  /**
   * Runs a GraphQL query on one upstream and gives its `data`.
   *
   * @throws {GatewayError} the first error of the answer.
   */
  readonly query: (
    upstream: string,
    document: string | DocumentNode,
    variables?: Readonly<Record<string, unknown>>,
  ) => Promise<Readonly<Record<string, unknown>>>;
}

/**
 * Fills a field by code. `parent` is the upstream's body of the object that the field stands on (its keys alone where
 * nothing was looked up; `{}` on root types). What comes back is read like a body of the upstream.
 */
export type FieldFunction = {
  // A method's parameters may be narrower than declared, so that users can write the types they know.
  fill(parent: unknown, args: unknown, context: FieldContext): unknown;
}['fill'];

export type Filler = RestCall | Lookup | Reference | FieldFunction;

/**
 * By GraphQL field: what fills it, or the dotted path of the upstream's property that it is read from. A field that is
 * not named is read from the property of its own name. For an enum: GraphQL value to the upstream's value. For an input
 * type: GraphQL field to the upstream's property.
 */
export type Fields = Readonly<Record<string, string | Filler>>;

export interface EntityOptions {
  /** The key: a GraphQL field, or several separated by spaces. */
  readonly key: string;
  /** Looks one up; its placeholders are the key fields. 404 means that there is none. */
  readonly one?: RestCall;
  /** Looks several up at once; its placeholder is `{keys}`. For keys of one field. Needs `by`. */
  readonly many?: RestCall;
  readonly fields?: Fields;
}

/** A type with a key, and how an upstream is asked for it. */
export interface Entity {
  readonly [declared]: 'entity';
  /** Upstream name. */
  readonly upstream: string;
  readonly key: readonly string[];
  readonly calls: { readonly one: RestCall | undefined; readonly many: RestCall | undefined };
  readonly fields: Fields;
  /** Looks one up by key. By default each key field is an argument, or a field of the parent, of the same name. */
  readonly one: (keys?: Readonly<Record<string, string>>) => Lookup;
  /** Refers to one by the key in the parent's body. */
  readonly reference: (keys: Readonly<Record<string, string>>) => Reference;
}

export type MakeCall = (path: string, options?: CallOptions) => RestCall;

export interface RestUpstream {
  readonly get: MakeCall;
  readonly post: MakeCall;
  readonly put: MakeCall;
  readonly patch: MakeCall;
  readonly delete: MakeCall;
  readonly entity: (options: EntityOptions) => Entity;
}

interface Declarations {
  readonly call: RestCall;
  readonly lookup: Lookup;
  readonly reference: Reference;
  readonly entity: Entity;
}

/** Whether a value is a declaration of this kind. */
export function isDeclared<Kind extends keyof Declarations>(value: unknown, kind: Kind): value is Declarations[Kind] {
  return typeof value === 'object' && value !== null && declared in value && value[declared] === kind;
}
