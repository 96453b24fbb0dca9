import type { Plan, RootFetch } from '../planner/plan.ts';
import type { FetchAnswer, PreparedFetch } from '../upstream/types.ts';
import { compileWalk, type Walk } from './collect.ts';
import { allHold } from './conditions.ts';
import { membersOf, type Member } from './members.ts';
import { compileMerge, type Merge } from './merge.ts';
import { placeAt, placeOnMembers, unusable } from './place-failures.ts';
import { isObject } from './quote.ts';
import { call, failuresOf, variableMembers, type Run, type Step } from './run.ts';
import { mayShare } from './sharing.ts';

interface Root {
  readonly upstream: string;
  readonly members: readonly Member[];
  readonly merge: Merge;
}

/** A fetch of root fields as a step of the program. */
export function compileRootFetch(fetch: RootFetch, plan: Plan, prepared: PreparedFetch): Step {
  const { upstream, conditions, at, selections } = fetch;
  const members = membersOf(selections);
  const root = { upstream, members, merge: compileMerge(members, !mayShare(plan, [at])) };
  const walk = at.length > 0 ? compileWalk([at]) : undefined;
  const variables = variableMembers(fetch.variables);
  return (run) => {
    if (!allHold(conditions, run.values)) return undefined;
    const objects = walk ? objectsAt(walk, run.data) : [run.data];
    if (objects.length === 0) return undefined;
    const text = variables(run.variables);
    return call(prepared, upstream, { variables: text === '' ? '' : `{${text}}`, run }).then((answer) =>
      take(answer, objects, { root, run }),
    );
  };
}

function objectsAt(walk: Walk, data: object): readonly object[] {
  const objects: object[] = [];
  walk(data, (object) => objects.push(object));
  return objects;
}

function take(
  { data, errors = [] }: FetchAnswer,
  objects: readonly object[],
  { root, run }: { readonly root: Root; readonly run: Run },
): void {
  const { merge, members, upstream } = root;
  if (isObject(data)) for (const object of objects) merge(object, data);
  if (isObject(data) && errors.length === 0) return;
  const failures = failuresOf(run);
  const [first = { error: unusable(upstream, 'neither data nor errors') }] = errors;
  for (const object of objects) {
    for (const { path, error } of errors) {
      failures.learn(error);
      if (path && path.length > 0) placeAt(failures, object, { path, error });
      else placeOnMembers(failures, object, { members, error });
    }
    if (!isObject(data)) placeOnMembers(failures, object, { members, error: first.error });
  }
}
