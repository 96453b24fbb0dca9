import { GatewayError } from '../errors.ts';
import type { AbstractShape, FieldShape, ListShape, Shape, ValueShape } from '../planner/shape.ts';
import type { Absences } from './absences.ts';
import { clientKeys } from './client-keys.ts';
import { anyHolds, type Values } from './conditions.ts';
import { fieldDenial, objectDenial } from './denials.ts';
import type { Failures } from './failures.ts';
import type { Answer } from './build-quickly.ts';
import { leafOf, wrongLeaf, type Leaf } from './leaves.ts';
import { define, isObject, own } from './quote.ts';

type Key = string | number;

/** An error at its place in the answer, in the client's response keys. */
export interface PlacedError {
  readonly path: readonly Key[];
  readonly error: GatewayError;
}

export interface Built {
  /** `null` where an error reached the root. */
  readonly data: Answer | null;
  readonly errors: readonly PlacedError[];
}

export interface Building {
  readonly data: object;
  readonly values: Values;
  readonly introspection: object;
  readonly failures: Failures;
  readonly absences: Absences | undefined;
}

/**
 * The answer's data with every error at its place: what went wrong upstream, values that are not of their type, and nulls
 * that go up to the next field that may be null.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec-Handling-Field-Errors | GraphQL, 6.4.4 Handling Field Errors}
 */
export function buildCarefully({ root }: Shape, building: Building): Built {
  const errors: PlacedError[] = [];
  const data = new CarefulBuilder(building, errors).root(root);
  return { data: data ?? null, errors };
}

/** A place in the answer, as a list that grows at its end. */
interface Link {
  readonly before: Link | undefined;
  readonly key: Key;
}

/** Where a value is: in the answer, and in the merged data. */
interface Place {
  readonly link: Link;
  readonly container: object;
  readonly key: Key;
  /** `Type.field`, for messages. */
  readonly coordinate: string;
}

interface Fields {
  readonly fields: readonly FieldShape[];
  /** The concrete type; undefined where it stays unknown. */
  readonly type: string | undefined;
}

/** Every method gives a value, or undefined where it must be null and may not be. */
class CarefulBuilder {
  readonly #building: Building;
  readonly #errors: PlacedError[];
  /** What was told, by error and place: thousands of places may share one error. */
  readonly #told = new Map<GatewayError, Map<string, PlacedError>>();
  /** Set while the object of a missing entity is given up. */
  #absence: PlacedError | undefined;
  /** What was last told where it may not be null, of an error that may be about another field. */
  #echo: { readonly told: PlacedError; readonly isUnexplained: boolean } | undefined;
  /** What was told of errors that may be about other fields. */
  readonly #inexact = new WeakSet<PlacedError>();

  constructor(building: Building, errors: PlacedError[]) {
    this.#building = building;
    this.#errors = errors;
  }

  root(root: Fields): Answer | undefined {
    return this.#settle(this.#object(this.#building.data, root, undefined), false);
  }

  #object(object: object, { fields, type }: Fields, before: Link | undefined): Answer | undefined {
    const answer: Answer = {};
    const first = this.#errors.length;
    for (const field of fields) {
      if (!anyHolds(field.when, this.#building.values)) continue;
      const known = this.#errors.length;
      const value = this.#field(object, { field, type }, { before, key: field.responseKey });
      if (value === undefined) {
        const causes = new Set(this.#errors.slice(known).map(({ error }) => error));
        const isEcho = (told: PlacedError): boolean =>
          causes.has(told.error) ||
          (this.#inexact.has(told) && this.#namedBy(told.error, object, fields) !== undefined);
        // What the cause of the null also kept from other fields of the object is of no interest.
        const earlier = this.#errors.slice(first, known);
        const echoes = new Set(earlier.filter(isEcho));
        if (echoes.size > 0) {
          this.#errors.splice(first, known - first, ...earlier.filter((told) => !echoes.has(told)));
          for (const told of echoes) this.#forget(told);
        }
        this.#tellCause(object, { fields, type }, before);
        return undefined;
      }
      define(answer, field.responseKey, value);
    }
    return answer;
  }

  /** An error that names another field of the object, which has to wait its turn, is told there. */
  #tellCause(object: object, { fields, type }: Fields, before: Link | undefined): void {
    const echo = this.#echo;
    if (!echo) return;
    const named = this.#namedBy(echo.isUnexplained ? undefined : echo.told.error, object, fields);
    // What nothing here explains may be about a field further out.
    if (!named && !echo.isUnexplained) return;
    this.#echo = undefined;
    if (!named) return;
    this.#errors.splice(this.#errors.lastIndexOf(echo.told), 1);
    this.#forget(echo.told);
    this.#field(object, { field: named, type }, { before, key: named.responseKey });
  }

  /** The field of the object that an error, or any error, says it is about. */
  #namedBy(error: GatewayError | undefined, object: object, fields: readonly FieldShape[]): FieldShape | undefined {
    const { failures, values } = this.#building;
    return fields.find(
      ({ source, dataKey, when }) =>
        source === 'data' &&
        anyHolds(when, values) &&
        failures.at(object, dataKey).some((failure) => failure.isExact && (!error || failure.error === error)),
    );
  }

  #field(
    object: object,
    { field, type }: { readonly field: FieldShape; readonly type: string | undefined },
    link: Link,
  ): unknown {
    if (field.source === 'typename') return type ?? null;
    if (field.source === 'introspection') return own(this.#building.introspection, field.responseKey) ?? null;
    if (field.source === 'denied') {
      this.#report(fieldDenial(field), pathOf(link));
      return field.value.nullable ? null : undefined;
    }
    const coordinate = `${type ?? '(unknown type)'}.${field.name}`;
    const place = { link, container: object, key: field.dataKey, coordinate };
    return this.#value(own(object, field.dataKey), field.value, place);
  }

  #value(value: unknown, { nullable, of }: ValueShape, place: Place): unknown {
    const built =
      value === null || value === undefined
        ? this.#missing(of, nullable, place)
        : this.#settle(this.#present(value, of, place), nullable);
    if (built === undefined && nullable) this.#echo = undefined;
    return built ?? (nullable ? null : undefined);
  }

  /** Where an object becomes null for want of its entity, null says all there is to say, unless it may not be null. */
  #settle<T>(built: T | undefined, nullable: boolean): T | undefined {
    if (built === undefined && this.#absence && !nullable) this.#report(this.#absence.error, this.#absence.path);
    this.#absence = undefined;
    return built;
  }

  /** Says why a value is null, where something is known; a null that may not be is an error in itself. */
  #missing(of: ValueShape['of'], nullable: boolean, place: Place): undefined {
    const found = this.#building.failures.at(place.container, place.key);
    const paths = new Set<string>();
    for (const { error, below, isExact } of found) {
      const path = [...pathOf(place.link), ...clientKeys(below, of)];
      // One error a place: what several upstreams failed at is told once.
      if (paths.has(textOf(path))) continue;
      paths.add(textOf(path));
      const told = this.#report(error, path);
      if (!isExact) this.#inexact.add(told);
      if (!isExact && !nullable) this.#echo = { told, isUnexplained: false };
    }
    if (nullable || found.length > 0) return undefined;
    const error = this.#building.absences?.at(place.container, place.key);
    if (error) this.#absence = { path: pathOf(place.link), error };
    else {
      const message = `Cannot return null for non-nullable field ${place.coordinate}.`;
      const told = this.#report(new GatewayError('UPSTREAM_BAD_RESPONSE', message), pathOf(place.link));
      this.#echo = { told, isUnexplained: true };
    }
    return undefined;
  }

  #present(value: unknown, of: ValueShape['of'], place: Place): unknown {
    this.#building.failures.spread(place.container, place.key, value);
    switch (of.kind) {
      case 'scalar':
      case 'enum':
        return leafFor(of)(value) ?? this.#refuse(`${place.coordinate}: ${wrongLeaf(of, value)}`, place);
      case 'list':
        return Array.isArray(value)
          ? this.#list(value, of, place)
          : this.#refuse(`${place.coordinate}: expected a list`, place);
      case 'object':
        if (!isObject(value)) return this.#refuse(`${place.coordinate}: expected an object`, place);
        return this.#object(value, of, place.link);
      case 'abstract':
        return this.#abstract(value, of, place);
      default:
        return of satisfies never;
    }
  }

  #list(list: readonly unknown[], { item }: ListShape, { link, coordinate }: Place): unknown[] | undefined {
    const items: unknown[] = [];
    for (const [index, value] of list.entries()) {
      const place = { link: { before: link, key: index }, container: list, key: index, coordinate };
      const built = this.#value(value, item, place);
      if (built === undefined) return undefined;
      items.push(built);
    }
    return items;
  }

  #abstract(value: unknown, shape: AbstractShape, place: Place): Answer | undefined {
    if (!isObject(value)) return this.#refuse(`${place.coordinate}: expected an object`, place);
    const { type, types, fieldLists, untyped, typedWhen = [] } = shape;
    const typename = own(value, '__typename');
    const concrete = types.find(({ name }) => name === typename);
    const isUntyped =
      (typename === undefined || typename === null) &&
      untyped !== undefined &&
      (typedWhen.length === 0 || !anyHolds(typedWhen, this.#building.values));
    if (concrete?.isDenied) {
      this.#report(objectDenial(shape), pathOf(place.link));
      return undefined;
    }
    const fields = fieldLists[concrete?.fields ?? (isUntyped ? untyped : -1)];
    if (fields) return this.#object(value, { fields, type: concrete?.name }, place.link);
    const [untold] = concrete ? [] : this.#building.failures.at(value, '__typename');
    if (untold) {
      this.#report(untold.error, pathOf(place.link));
      return undefined;
    }
    return this.#refuse(
      `${place.coordinate}: expected a possible type of "${type}", but got: ${String(typename)}`,
      place,
    );
  }

  #refuse(message: string, { link }: Place): undefined {
    this.#report(new GatewayError('UPSTREAM_BAD_RESPONSE', message), pathOf(link));
    return undefined;
  }

  #report(error: GatewayError, path: readonly Key[]): PlacedError {
    this.#building.failures.show(error);
    const places = this.#told.get(error) ?? new Map<string, PlacedError>();
    this.#told.set(error, places);
    const text = textOf(path);
    const known = places.get(text);
    if (known) return known;
    const told = { path, error };
    places.set(text, told);
    this.#errors.push(told);
    return told;
  }

  #forget({ error, path }: PlacedError): void {
    this.#told.get(error)?.delete(textOf(path));
  }
}

function pathOf(link: Link): readonly Key[] {
  const path: Key[] = [];
  for (let at: Link | undefined = link; at; at = at.before) path.push(at.key);
  return path.toReversed();
}

/** Two places have two texts: no response key is a number or has a dot. */
function textOf(path: readonly Key[]): string {
  return path.join('.');
}

const leaves = new WeakMap<object, Leaf>();

function leafFor(of: Extract<ValueShape['of'], { kind: 'scalar' | 'enum' }>): Leaf {
  const known = leaves.get(of);
  if (known) return known;
  const made = leafOf(of);
  leaves.set(of, made);
  return made;
}
