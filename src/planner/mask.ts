import type { GraphQLSchema } from 'graphql';
import { possibleTypes, typeBelow } from './possible-types.ts';

/** Numbers of what reading a place demands; composition's guards are such a table. */
export interface GuardTable {
  /** By object type. Types without guards are absent. */
  readonly types: ReadonlyMap<string, readonly number[]>;
  /** By `Type.field` of object types. Fields without guards are absent. */
  readonly fields: ReadonlyMap<string, readonly number[]>;
}

/**
 * What one request may not read: all that demands something its caller lacks. Asked by concrete object types alone, so no
 * alias, fragment, interface or union leads around it.
 */
export class Mask {
  readonly #schema: GraphQLSchema;
  readonly #guards: GuardTable;
  readonly #denied: ReadonlySet<number>;

  /** @param denied Numbers of what the caller lacks. */
  constructor(schema: GraphQLSchema, guards: GuardTable, denied: Iterable<number>) {
    this.#schema = schema;
    this.#guards = guards;
    this.#denied = new Set(denied);
  }

  /** Whether objects of an object type are denied, wherever they stand. */
  deniesType(name: string): boolean {
    return this.#isDenied(this.#guards.types.get(name));
  }

  /**
   * Whether a field is denied of the objects of a type: the field itself, its object, or every object that it may give.
   * Of an interface, whose object may be of any of its types, it is where it is denied of one of them.
   */
  deniesField(type: string, field: string): boolean {
    return possibleTypes(this.#schema, type).some((each) => this.#deniesFieldOf(each, field));
  }

  #deniesFieldOf(type: string, field: string): boolean {
    if (this.deniesType(type) || this.#isDenied(this.#guards.fields.get(`${type}.${field}`))) return true;
    const given = typeBelow(this.#schema, type, field);
    const objects = given === undefined ? [] : possibleTypes(this.#schema, given);
    return objects.length > 0 && objects.every((each) => this.deniesType(each));
  }

  #isDenied(demanded: readonly number[] | undefined): boolean {
    return demanded !== undefined && demanded.some((number) => this.#denied.has(number));
  }
}
