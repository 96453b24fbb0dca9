import { pathText, type DraftPath } from '../draft.ts';
import type { Condition, Path, RepresentationField, Selection } from '../plan.ts';

/** An entity target without the names that it gets in its call. */
export interface WrittenTarget {
  readonly type: string;
  readonly conditions: readonly Condition[];
  readonly paths: readonly DraftPath[];
  readonly representation: readonly RepresentationField[];
  readonly selections: readonly Selection[];
}

/** Targets that ask the same of the same type become one target with several paths. */
export function mergeTargets(targets: readonly WrittenTarget[]): readonly WrittenTarget[] {
  const same = Map.groupBy(targets, ({ type, conditions, representation, selections }) =>
    JSON.stringify([type, conditions, representation, selections]),
  );
  return [...same.values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ ...first, paths: mergePaths(group.flatMap(({ paths }) => paths)) }] : [];
  });
}

/** Paths that differ only in the types of one step become one. */
function mergePaths(paths: readonly DraftPath[]): readonly DraftPath[] {
  let merged = [...new Map(paths.map((path) => [pathText(path), path])).values()];
  for (let next = mergeTwo(merged); next; next = mergeTwo(merged)) merged = next;
  return merged;
}

function mergeTwo(paths: readonly DraftPath[]): DraftPath[] | null {
  for (const [index, a] of paths.entries()) {
    for (const b of paths.slice(index + 1)) {
      const both = mergedPath(a, b);
      if (both) return paths.flatMap((path) => (path === a ? [both] : path === b ? [] : [path]));
    }
  }
  return null;
}

function mergedPath(a: DraftPath, b: DraftPath): DraftPath | null {
  if (a.length !== b.length) return null;
  const differing = [...a.keys()].filter(
    (index) => pathText(a.slice(index, index + 1)) !== pathText(b.slice(index, index + 1)),
  );
  const [index] = differing;
  if (index === undefined || differing.length > 1) return null;
  const [stepA, stepB] = [a[index], b[index]];
  if (stepA?.step !== 'type' || stepB?.step !== 'type') return null;
  const types = [...new Set([...stepA.types, ...stepB.types])].toSorted();
  return a.with(index, { step: 'type', types, all: [...new Set([...stepA.all, ...stepB.all])] });
}

/** The path as the plan has it: a type step that lets everything pass is left out. */
export function writtenPath(path: DraftPath): Path {
  return path.flatMap((part): Path => {
    if (part.step !== 'type') return [part];
    return part.all.every((type) => part.types.includes(type)) ? [] : [{ step: 'type', types: part.types }];
  });
}
