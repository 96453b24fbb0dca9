import type { JoinGraph } from '../../composition/join-graph/types.ts';
import type { Call, CallGraph } from '../call.ts';
import type { Operation } from '../operation.ts';
import type { Draft } from '../draft.ts';
import type { EntityFetch, EntityTarget, Fetch, RootFetch, Selection, VariableUse } from '../plan.ts';
import { printOperationText } from '../print-operation.ts';
import { commonConditions, liftConditions, withoutConditions } from './lift-conditions.ts';
import { mergeEntities } from './merge-entities.ts';
import { mergeTargets, writtenPath } from './merge-targets.ts';
import { orderCalls } from './order-calls.ts';
import { selectedVariables } from './selected-variables.ts';
import { writeSelections } from './write-selections.ts';

/** The calls as fetches, in a runnable order, with their texts. */
export function writeFetches(graph: JoinGraph, calls: CallGraph, operation: Operation): readonly Fetch[] {
  return orderCalls(calls).map(({ call, after }, id) => {
    const [first] = call.drafts;
    if (!first) throw new RangeError('a call must carry at least one draft');
    const common = { id, upstream: graph.upstreams[call.upstream] ?? '', after };
    return first.entity
      ? entityFetch(graph, { call, common, operation })
      : rootFetch(graph, first, { common, operation });
  });
}

interface Common {
  readonly common: Pick<Fetch, 'id' | 'upstream' | 'after'>;
  readonly operation: Operation;
}

function rootFetch(graph: JoinGraph, draft: Draft, { common, operation }: Common): RootFetch {
  const { conditions, selections } = liftConditions(writeSelections(graph, draft.selection));
  const variables = variablesOf(operation, selections);
  const { kind } = draft;
  const text = printOperationText({ kind, variables, selections, targets: [] });
  return { ...common, conditions, variables, text, target: 'root', kind, at: writtenPath(draft.path), selections };
}

function entityFetch(graph: JoinGraph, { call, common, operation }: Common & { readonly call: Call }): EntityFetch {
  const merged = mergeTargets(
    mergeEntities(call).map(({ type, paths, representation, selection }) => ({
      type,
      paths,
      representation: [...representation.values()],
      ...liftConditions(writeSelections(graph, selection)),
    })),
  );
  const conditions = commonConditions(merged.map((target) => target.conditions));
  const variables = variablesOf(
    operation,
    merged.flatMap(({ selections }) => selections),
  );
  const taken = new Set(variables.map(({ name }) => name));
  const targets = merged.map((target, index): EntityTarget => {
    const alias = merged.length === 1 ? '_entities' : `_e${index}`;
    return {
      alias,
      variable: freeName(merged.length === 1 ? 'representations' : alias, taken),
      conditions: withoutConditions(target.conditions, conditions),
      type: target.type,
      paths: target.paths.map(writtenPath),
      representation: target.representation,
      selections: target.selections,
    };
  });
  const text = printOperationText({ kind: 'query', variables, selections: null, targets });
  return { ...common, conditions, variables, text, target: 'entities', kind: 'query', targets };
}

function variablesOf(operation: Operation, selections: readonly Selection[]): readonly VariableUse[] {
  const names = selectedVariables(selections);
  return operation.variables.filter(({ name }) => names.has(name));
}

function freeName(wish: string, taken: ReadonlySet<string>): string {
  return taken.has(wish) ? freeName(`_${wish}`, taken) : wish;
}
