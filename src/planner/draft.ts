import { conditionsText } from './conditions.ts';
import type { ArgumentText, Condition, OperationKind, PathStep, RepresentationField } from './plan.ts';

/**
 * One part of the plan while it is made: root fields of one upstream, or entities of one type at one path. The passes
 * put drafts together; each group of drafts becomes one fetch.
 */
export interface Draft {
  readonly id: number;
  readonly upstream: number;
  readonly kind: OperationKind;
  /** Absent for root fields. */
  readonly entity?: DraftEntity;
  /** Where the objects are; for root fields empty, or the path of a root object further down. */
  readonly path: DraftPath;
  readonly selection: DraftSelection;
  /** Drafts whose answers this one needs. */
  readonly after: Set<Draft>;
}

export interface DraftEntity {
  readonly type: string;
  readonly keyText: string;
  readonly representation: Map<string, RepresentationField>;
  /** Conditions (as text) of the fields that `@requires` members are there for; empty where there are no such members. */
  readonly requiredUnder: Set<string>;
}

export type DraftPath = readonly DraftStep[];

/** A step of a path; a type step still knows all types that were possible there. */
export type DraftStep =
  | Exclude<PathStep, { readonly step: 'type' }>
  | { readonly step: 'type'; readonly types: readonly string[]; readonly all: readonly string[] };

/** Selections on one object of an upstream. */
export interface DraftSelection {
  readonly upstream: number;
  /** Static type by the upstream's schema. */
  readonly type: string;
  readonly fields: Map<string, DraftField>;
  /** Whether `__typename` is read from this object. */
  needsTypename: boolean;
}

export interface DraftField {
  readonly name: string;
  readonly dataKey: string;
  readonly arguments: readonly ArgumentText[];
  readonly variables: readonly string[];
  readonly conditions: readonly Condition[];
  /** Object types that it is selected for; absent: all. */
  readonly on?: readonly string[];
  /** Absent for leaves. */
  readonly selection?: DraftSelection;
}

export function draftSelection(upstream: number, type: string): DraftSelection {
  return { upstream, type, fields: new Map(), needsTypename: false };
}

export function pathText(path: DraftPath): string {
  return path
    .map((part) =>
      part.step === 'field' ? `.${part.key}` : part.step === 'each' ? '.@' : `|[${part.types.join(',')}]`,
    )
    .join('');
}

/** The selection's own field of the same kind, or the added one. An unconditional field takes in conditional ones. */
export function addField(selection: DraftSelection, field: DraftField): DraftField {
  const base = `${field.dataKey}|${field.on?.join(',') ?? ''}`;
  const always = selection.fields.get(base);
  if (always && (field.conditions.length === 0 || !field.selection)) return always;
  const key = field.conditions.length === 0 ? base : `${base}|${conditionsText(field.conditions)}`;
  const known = selection.fields.get(key);
  if (known) return known;
  selection.fields.set(key, field);
  return field;
}

/** Tells the members of a representation apart. */
export function memberKey({ name, on }: RepresentationField): string {
  return on ? `${name}|${on.join(',')}` : name;
}
