import type { GraphQLSchema } from 'graphql';
import { possibleTypes, typeBelow } from './possible-types.ts';

/** Numbers of what reading a place demands; composition's guards are such a table. */
export interface GuardTable {
  /** By object type. Types without guards are absent. */
  readonly types: ReadonlyMap<string, readonly number[]>;
  /** By `Type.field` of object types. Fields without guards are absent. */
  readonly fields: ReadonlyMap<string, readonly number[]>;
  /**
   * From this number on a number is a limit of a field: it is denied because it was asked for too often, not for what its
   * caller may read. Default: there are no limits.
   */
  readonly firstLimit?: number;
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

  /**
   * Limits that are used up, ascending, where they alone deny a field; undefined where a guard denies it, or nothing does.
   */
  limitsOn(type: string, field: string): readonly number[] | undefined {
    const { firstLimit = Infinity, fields } = this.#guards;
    const types = possibleTypes(this.#schema, type);
    const used = new Set(
      types.flatMap((each) => (fields.get(`${each}.${field}`) ?? []).filter((number) => this.#denied.has(number))),
    );
    if (used.size === 0 || [...used].some((number) => number < firstLimit)) return undefined;
    const isGuarded = types.some((each) => this.#deniesObjectsOf(each, field));
    return isGuarded ? undefined : [...used].toSorted((a, b) => a - b);
  }

  #deniesFieldOf(type: string, field: string): boolean {
    return this.#isDenied(this.#guards.fields.get(`${type}.${field}`)) || this.#deniesObjectsOf(type, field);
  }

  /** Whether the object of a field is denied, or every object that it may give. */
  #deniesObjectsOf(type: string, field: string): boolean {
    if (this.deniesType(type)) return true;
    const given = typeBelow(this.#schema, type, field);
    const objects = given === undefined ? [] : possibleTypes(this.#schema, given);
    return objects.length > 0 && objects.every((each) => this.deniesType(each));
  }

  #isDenied(demanded: readonly number[] | undefined): boolean {
    return demanded !== undefined && demanded.some((number) => this.#denied.has(number));
  }
}
