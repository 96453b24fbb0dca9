import type { EntityFetch, EntityTarget, Plan } from '../planner/plan.ts';
import type { FetchAnswer, PreparedFetch } from '../upstream/types.ts';
import type { GatewayError } from '../errors.ts';
import { compileIsSame, compileRepresent, compileWalk, type IsSame, type Represent, type Walk } from './collect.ts';
import { allHold } from './conditions.ts';
import { membersOf, type Member } from './members.ts';
import { compileMerge, type Merge } from './merge.ts';
import { placeAt, placeOnMembers, unusable } from './place-failures.ts';
import { isObject, own } from './quote.ts';
import { absencesOf, call, failuresOf, variableMembers, type Run, type Step } from './run.ts';
import { mayShare } from './sharing.ts';

/** One `_entities` list of a fetch, compiled. */
export interface Target {
  readonly target: EntityTarget;
  readonly members: readonly Member[];
  readonly walk: Walk;
  readonly represent: Represent;
  readonly isSame: IsSame | undefined;
  /** Data key of the first member of the representation. */
  readonly firstKey: string;
  /** For the object that an entity goes to first, and for those that share its representation. */
  readonly merge: Merge;
  readonly mergeAgain: Merge;
}

/** What one run asks of a target. */
export interface Asked {
  readonly target: Target;
  /** JSON of the representations, joined by commas. */
  readonly representations: string;
  /** Objects of each representation, in the order of the representations. */
  readonly groups: readonly (readonly object[])[];
  /** The same by the JSON of their representations. */
  readonly byText: ReadonlyMap<string, readonly object[]>;
}

/** A fetch of entities as a step of the program. Equal representations are sent once and answer all their objects. */
export function compileEntityFetch(fetch: EntityFetch, plan: Plan, prepared: PreparedFetch): Step {
  const { upstream, conditions } = fetch;
  const targets = fetch.targets.map((target) => compileTarget(target, plan));
  const starts = targets.map(({ target }) => `${JSON.stringify(target.variable)}:[`);
  const variables = variableMembers(fetch.variables);
  return (run) => {
    if (!allHold(conditions, run.values)) return undefined;
    const asked = targets.map((target) => collect(target, { upstream, run }));
    if (asked.every(({ groups }) => groups.length === 0)) return undefined;
    let text = variables(run.variables);
    let batch = 0;
    for (const [index, { representations, groups }] of asked.entries()) {
      text += `${text === '' ? '' : ','}${starts[index]}${representations}]`;
      batch += groups.length;
    }
    return call(prepared, upstream, { variables: `{${text}}`, run, batch }).then((answer) => {
      for (const each of asked) take(answer, each, { upstream, run });
    });
  };
}

export function compileTarget(target: EntityTarget, plan: Plan): Target {
  const members = membersOf(target.selections);
  const merge = compileMerge(members, false);
  return {
    target,
    members,
    walk: compileWalk(target.paths),
    represent: compileRepresent(target.type, target.representation),
    isSame: compileIsSame(target.representation),
    firstKey: target.representation[0]?.dataKey ?? '',
    merge,
    mergeAgain: mayShare(plan, target.paths) ? merge : compileMerge(members, true),
  };
}

export function collect(target: Target, at: { readonly upstream: string; readonly run: Run }): Asked {
  const groups: object[][] = [];
  const byText = new Map<string, object[]>();
  if (!allHold(target.target.conditions, at.run.values)) return { target, representations: '', groups, byText };
  const { represent, isSame, firstKey } = target;
  // The last group met with each first key: mostly it is the right one, and no text needs to be made to know.
  const byKey = new Map<unknown, object[]>();
  let representations = '';
  target.walk(
    at.run.data,
    (object) => {
      const key = isSame && own(object, firstKey);
      const likely = key === undefined || key === null ? undefined : byKey.get(key);
      if (likely && isSame?.(likely[0] as object, object)) {
        likely.push(object);
        return;
      }
      const text = represent(object);
      if (text === undefined) {
        pass(target, object, at);
        return;
      }
      const known = byText.get(text);
      const group = known ?? [];
      group.push(object);
      byKey.set(key, group);
      if (known) return;
      byText.set(text, group);
      representations += groups.length === 0 ? text : `,${text}`;
      groups.push(group);
    },
    (object) => passUntyped(target, object, at),
  );
  return { target, representations, groups, byText };
}

/** An object of which it is not known whether it is meant: what kept its type away is why its fields stay null. */
function passUntyped(
  { members }: Target,
  object: object,
  { upstream, run }: { readonly upstream: string; readonly run: Run },
): void {
  const [found] = run.failures?.at(object, '__typename') ?? [];
  if (run.failures && found) placeOnMembers(run.failures, object, { members, error: found.error });
  else absencesOf(run).add({ object, members, upstream });
}

/** An object that cannot be asked for: what kept a part of its representation away is why its fields stay null. */
function pass({ target, members }: Target, object: object, at: { readonly upstream: string; readonly run: Run }): void {
  const { failures } = at.run;
  for (const { dataKey } of target.representation) {
    const [found] = failures?.at(object, dataKey) ?? [];
    if (failures && found) placeOnMembers(failures, object, { members, error: found.error });
  }
  absencesOf(at.run).add({ object, members, upstream: at.upstream });
}

export function take(answer: FetchAnswer, asked: Asked, at: { readonly upstream: string; readonly run: Run }): void {
  const { target, groups } = asked;
  if (groups.length === 0) return;
  const found = isObject(answer.data) ? own(answer.data, target.target.alias) : undefined;
  const isWhole = Array.isArray(found) && found.length === groups.length;
  const entities: readonly unknown[] = isWhole ? found : [];
  for (let index = 0; index < entities.length; index++) {
    const entity = entities[index];
    const group = groups[index] as readonly object[];
    if (!isObject(entity)) {
      for (const object of group) absencesOf(at.run).add({ object, members: target.members, upstream: at.upstream });
      continue;
    }
    target.merge(group[0] as object, entity);
    for (let other = 1; other < group.length; other++) target.mergeAgain(group[other] as object, entity);
  }
  if (isWhole && answer.errors === undefined) return;
  blame(asked, { errors: answer.errors ?? [], entities: isWhole ? entities : undefined, ...at });
}

interface Blame {
  readonly errors: NonNullable<FetchAnswer['errors']>;
  /** Undefined where there is no list with an entity for each representation. */
  readonly entities: readonly unknown[] | undefined;
  readonly upstream: string;
  readonly run: Run;
}

/** Errors to the objects that they are about, each to all that share its representation. */
function blame({ target, groups }: Asked, { errors, entities, upstream, run }: Blame): void {
  const failures = failuresOf(run);
  const { members } = target;
  const onAll = (objects: readonly object[], error: GatewayError): void => {
    for (const object of objects) placeOnMembers(failures, object, { members, error });
  };
  const mine = errors.filter(({ path }) => !path || path.length === 0 || path[0] === target.target.alias);
  for (const { path = [], error } of mine) {
    failures.learn(error);
    const index = path[1];
    const group = typeof index === 'number' ? groups[index] : undefined;
    const below = path.slice(2);
    if (!group) onAll(groups.flat(), error);
    else if (below.length === 0) onAll(group, error);
    else for (const object of group) placeAt(failures, object, { path: below, error });
    if (group && entities?.[index as number] === null) onAll(group, error);
  }
  if (entities) return;
  const [first = { error: unusable(upstream, `no list of ${groups.length} entities at "${target.target.alias}"`) }] =
    mine.length > 0 ? mine : errors;
  onAll(groups.flat(), first.error);
}
