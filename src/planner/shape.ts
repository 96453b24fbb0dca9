import type { Condition } from './plan.ts';

/**
 * How the answer to one operation looks: what the merged data is read by, in the order in which the client asked.
 * Plain data; made from the operation and the client's schema alone, so it does not depend on the plan.
 */
export interface Shape {
  /** The operation's root object. */
  readonly root: ObjectShape;
  /**
   * A GraphQL query of the operation's introspection fields only, with the client's response keys; answered by the
   * gateway itself from its schema. Absent where there are none.
   */
  readonly introspection?: string;
  /** Whether anything of it is denied; absent: nothing is. */
  readonly isMasked?: true;
}

/** A value that is an object of one known concrete type. */
export interface ObjectShape {
  readonly kind: 'object';
  /** What `__typename` answers. */
  readonly type: string;
  readonly fields: readonly FieldShape[];
}

/** A value of an interface or union type; `__typename` of the data decides which fields it has. */
export interface AbstractShape {
  readonly kind: 'abstract';
  readonly type: string;
  /** Possible (accessible) types, sorted by name; any other `__typename` is an error that makes the value null. */
  readonly types: readonly PossibleType[];
  /** Distinct lists of fields; `types[i].fields` is an index into it. */
  readonly fieldLists: readonly (readonly FieldShape[])[];
  /**
   * Index of the fields where the data has no `__typename`: only an interface object's concrete type may stay unknown,
   * and only where nothing that is asked for depends on it. Absent where something always does.
   */
  readonly untyped?: number;
  /** Where all conditions of at least one list hold, something depends on the type after all. Absent: nothing ever does. */
  readonly typedWhen?: readonly (readonly Condition[])[];
}

export interface PossibleType {
  readonly name: string;
  /** Index into `fieldLists`. */
  readonly fields: number;
  /** Objects of the type are denied: each is null, with an error. Absent: they are not. */
  readonly isDenied?: true;
}

/** Enum values that clients may see; any other value is an error that makes the field null. */
export interface EnumShape {
  readonly kind: 'enum';
  readonly type: string;
  readonly values: readonly string[];
}

export interface ScalarShape {
  readonly kind: 'scalar';
  /** `Int`, `Float`, `String`, `Boolean`, `ID`, or a custom scalar, whose values pass as they are. */
  readonly type: string;
  readonly custom: boolean;
}

export interface ListShape {
  readonly kind: 'list';
  readonly item: ValueShape;
}

export interface ValueShape {
  readonly nullable: boolean;
  readonly of: ListShape | ObjectShape | AbstractShape | EnumShape | ScalarShape;
}

export interface FieldShape {
  /** The client's response key. May stand more than once in a list, of which at most one has conditions that hold. */
  readonly responseKey: string;
  /** Field name, for messages (`Type.name`). */
  readonly name: string;
  /**
   * `data`: the member `dataKey` of the merged object. `typename`: the object's concrete type name.
   * `introspection`: the member `responseKey` of the answer to `Shape.introspection`. `denied`: null, with an error; nothing
   * was asked.
   */
  readonly source: 'data' | 'typename' | 'introspection' | 'denied';
  /** Only for `denied`: the field as the client's document selects it, `Type.field` by its static type. */
  readonly coordinate?: string;
  /** Only for `denied`: numbers of the limits that are used up, where nothing else denies it. Absent: a guard does. */
  readonly limits?: readonly number[];
  /** Only read for `data`. */
  readonly dataKey: string;
  /** Present in the answer where all conditions of at least one list hold. Empty: always. */
  readonly when: readonly (readonly Condition[])[];
  readonly value: ValueShape;
}
