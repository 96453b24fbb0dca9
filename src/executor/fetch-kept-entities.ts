import type { EntityFetch, Plan } from '../planner/plan.ts';
import type { EntityAccess, KeptEntities, KeptObjects } from '../upstream/kept-entities.ts';
import type { PreparedFetch, RequestScope } from '../upstream/types.ts';
import { allHold } from './conditions.ts';
import { collect, compileEntityFetch, compileTarget, take, type Asked, type Target } from './fetch-entities.ts';
import { own } from './quote.ts';
import { call, variableMembers, type Run, type Step } from './run.ts';

/** One list of a fetch, and what is kept of its entities. */
interface List {
  readonly target: Target;
  /** What stands in the variables before its representations. */
  readonly start: string;
  readonly kept: KeptEntities | undefined;
}

/** What one run asks of a list. */
interface Opened {
  readonly asked: Asked;
  readonly access: EntityAccess | undefined;
}

/**
 * A fetch of entities as a step of the program. Where entities are kept, only those are asked for that are not; where none
 * is left, no call is made. A mutation reads what it has changed, so for it nothing is kept.
 */
export function compileKeptEntityFetch(fetch: EntityFetch, plan: Plan, prepared: PreparedFetch): Step {
  const { keep } = prepared;
  const lists = fetch.targets.map((target): List => ({
    target: compileTarget(target, plan),
    start: `${JSON.stringify(target.variable)}:[`,
    kept: plan.kind === 'query' ? keep?.({ ...target, variables: fetch.variables }) : undefined,
  }));
  if (lists.every(({ kept }) => kept === undefined)) return compileEntityFetch(fetch, plan, prepared);
  const { upstream, conditions } = fetch;
  const variables = variableMembers(fetch.variables);
  const send = (opened: readonly Opened[], run: Run, scope: RequestScope): Promise<void> => {
    let text = variables(run.variables);
    let batch = 0;
    for (const [index, { asked }] of opened.entries()) {
      text += `${text === '' ? '' : ','}${lists[index]?.start}${asked.representations}]`;
      batch += asked.groups.length;
    }
    const calling = scope === run.scope ? run : { ...run, scope };
    return call(prepared, upstream, { variables: `{${text}}`, run: calling, batch }).then((answer) => {
      for (const each of opened) write(each, answer);
      for (const { asked } of opened) take(answer, asked, { upstream, run });
    });
  };
  return (run) => {
    if (!allHold(conditions, run.values)) return undefined;
    const all = lists.map(({ target }) => collect(target, { upstream, run }));
    if (all.every(({ groups }) => groups.length === 0)) return undefined;
    let { scope } = run;
    const opened = all.map((asked, index): Opened => {
      const kept = asked.groups.length === 0 ? undefined : lists[index]?.kept;
      const access = kept?.open({ scope, variables: run.variables });
      if (!access) return { asked, access };
      ({ scope } = access);
      return { asked: mergeKept(asked, access.read([...asked.byText.keys()])), access };
    });
    return opened.every(({ asked }) => asked.groups.length === 0) ? undefined : send(opened, run, scope);
  };
}

/** Merges what is kept, and gives what is left to ask for. */
function mergeKept(asked: Asked, found: KeptObjects): Asked {
  if (found.length === 0) return asked;
  const { target } = asked;
  const byText = new Map<string, readonly object[]>();
  let index = 0;
  for (const [text, group] of asked.byText) {
    const entity = found[index++];
    if (!entity) {
      byText.set(text, group);
      continue;
    }
    target.merge(group[0] as object, entity);
    for (let other = 1; other < group.length; other++) target.mergeAgain(group[other] as object, entity);
  }
  return { target, representations: [...byText.keys()].join(), groups: [...byText.values()], byText };
}

function write({ asked, access }: Opened, answer: Awaited<ReturnType<PreparedFetch>>): void {
  const { target, groups, byText } = asked;
  if (!access || groups.length === 0 || answer.errors !== undefined || !answer.data) return;
  const entities = own(answer.data, target.target.alias);
  if (!Array.isArray(entities) || entities.length !== groups.length) return;
  access.write([...byText.keys()], entities as unknown[], answer.cacheControl);
}
