import type { JoinGraph } from '../../composition/join-graph/types.ts';
import type { DraftField, DraftSelection } from '../draft.ts';
import type { FieldSelection, Selection } from '../plan.ts';
import { typename } from '../typename.ts';

/** Keeps a selection from being empty where `__typename` would be taken for the object's type. */
const filler: FieldSelection = { ...typename, dataKey: '_weft_empty' };

/** A draft's selections as an upstream's document has them: types become fragments, an empty selection `__typename`. */
export function writeSelections(graph: JoinGraph, selection: DraftSelection): readonly Selection[] {
  const there = graph.types.get(selection.type)?.upstreams.get(selection.upstream);
  const all = there?.possible ?? [];
  const direct: Selection[] = selection.needsTypename ? [typename] : [];
  const fragments = new Map<string, Selection[]>();
  for (const { written, on } of writtenFields(graph, selection)) {
    for (const type of fragmentTypes(graph, { selection, all }, { name: written.name, on })) {
      if (type === undefined) direct.push(written);
      else fragments.set(type, [...(fragments.get(type) ?? []), written]);
    }
  }
  if (direct.length === 0 && fragments.size === 0) direct.push(there?.isInterfaceObject === true ? filler : typename);
  return [
    ...direct,
    ...[...fragments].map(([type, selections]) => ({ select: 'fragment', type, selections }) as const),
  ];
}

interface Written {
  readonly written: FieldSelection;
  readonly on: readonly string[] | undefined;
}

/** The fields of one object, each once: what is selected alike for several types is one field for all of them. */
function writtenFields(graph: JoinGraph, selection: DraftSelection): readonly Written[] {
  const fields = [...selection.fields.values()].filter((field) => !isCovered(selection, field));
  const all = fields.map((field) => ({ written: writeField(graph, field), on: field.on }));
  if (all.every(({ on }) => on === undefined)) return all;
  const alike = Map.groupBy(all, ({ written }) => JSON.stringify(written));
  return [...alike.values()].flatMap((group): readonly Written[] => {
    const [first] = group;
    const types = group.map(({ on }) => on).filter((on) => on !== undefined);
    if (!first) return [];
    return [{ ...first, on: types.length < group.length ? undefined : [...new Set(types.flat())].toSorted() }];
  });
}

/** A conditional leaf that is selected unconditionally as well. */
function isCovered(selection: DraftSelection, field: DraftField): boolean {
  if (field.conditions.length === 0 || field.selection) return false;
  return selection.fields.has(`${field.dataKey}|${field.on?.join(',') ?? ''}`);
}

function writeField(graph: JoinGraph, field: DraftField): FieldSelection {
  return {
    select: 'field',
    name: field.name,
    dataKey: field.dataKey,
    arguments: field.arguments,
    variables: field.variables,
    conditions: field.conditions,
    selections: field.selection ? writeSelections(graph, field.selection) : [],
  };
}

interface Around {
  readonly selection: DraftSelection;
  /** Object types that are possible here. */
  readonly all: readonly string[];
}

/** The type conditions to select a field under; undefined stands for none. */
function fragmentTypes(
  graph: JoinGraph,
  { selection, all }: Around,
  field: { readonly name: string; readonly on: readonly string[] | undefined },
): readonly (string | undefined)[] {
  const on = field.on ?? all;
  const isForAll = all.every((type) => on.includes(type));
  const isDeclared = (name: string) =>
    graph.types.get(name)?.fields.get(field.name)?.upstreams.has(selection.upstream) === true;
  if (isForAll && (isDeclared(selection.type) || graph.types.get(selection.type)?.kind === 'object'))
    return [undefined];
  if (on.length === 1) return on;
  const name = (graph.types.get(on[0] ?? '')?.interfaces ?? []).find((candidate) => {
    const there = graph.types.get(candidate)?.upstreams.get(selection.upstream);
    if (!there || there.isInterfaceObject || !isDeclared(candidate)) return false;
    const met = all.filter((type) => there.possible.includes(type));
    return met.length === on.length && on.every((type) => met.includes(type));
  });
  return name === undefined ? on : [name];
}
