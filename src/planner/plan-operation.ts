import type { JoinGraph } from '../composition/join-graph/types.ts';
import { Budget } from './budget.ts';
import { DraftBuilder } from './build-drafts.ts';
import type { Solution, Want } from './choice.ts';
import { positionOf } from './data-keys.ts';
import type { Draft } from './draft.ts';
import { PlanDeclined } from './errors.ts';
import { nameOf, type Operation } from './operation.ts';
import { shareCalls } from './passes/share-calls.ts';
import { writeFetches } from './passes/write-fetches.ts';
import type { Plan } from './plan.ts';
import { Search } from './search.ts';

export interface PlanInput {
  readonly graph: JoinGraph;
  readonly operation: Operation;
  /** What `normalise` spent of it is spent. Default: a new one. */
  readonly budget?: Budget;
  /** Labels of progressive overrides that are set for this request. Default none. */
  readonly overrideLabels?: ReadonlySet<string>;
}

/**
 * The upstream calls that answer an operation: the fewest waves, then the fewest calls, then the least data that the
 * search finds. Pure: equal input gives an equal plan.
 *
 * @throws {PlanDeclined} where the operation cannot be planned, or not within the budget.
 */
export function planOperation({
  graph,
  operation,
  budget = new Budget(),
  overrideLabels = new Set(),
}: PlanInput): Plan {
  const search = new Search({ graph, overrideLabels, budget, operation: nameOf(operation) });
  const drafts = draftOperation(search, operation);
  const calls = shareCalls(drafts);
  return { kind: operation.kind, fetches: writeFetches(graph, calls, operation) };
}

function draftOperation(search: Search, operation: Operation): readonly Draft[] {
  const builder = new DraftBuilder(search.graph);
  const position = positionOf(search.graph, operation.fields);
  const wants = operation.fields.filter(({ name }) => !name.startsWith('__'));
  if (operation.kind !== 'mutation') {
    builder.addRoot(solveRoot(search, operation, wants), position, { kind: operation.kind, turn: 0, after: [] });
    return builder.drafts;
  }
  let turn = 0;
  let turnStart = 0;
  let previous: readonly Draft[] = [];
  const turns = new Map<string, number>();
  for (const want of wants) {
    const solution = solveRoot(search, operation, [want]);
    const running = builder.drafts.slice(turnStart);
    if (running.length > 0 && !isSameCall(running, solution)) {
      turn += 1;
      turnStart = builder.drafts.length;
      previous = running;
    }
    refuseSecondRun(operation, { key: want.responseKey, turn, turns });
    builder.addRoot(solution, position, { kind: 'mutation', turn, after: previous });
  }
  return builder.drafts;
}

/**
 * A mutation may travel with the one before it only where that needs no other call: otherwise what is read after the
 * first would be read after the second.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec-Mutation | GraphQL, 6.2.2 Mutation}
 */
function isSameCall(running: readonly Draft[], next: Solution): boolean {
  const upstreams = next.picked.flatMap(({ choice }) => (choice.how === 'root' ? [choice.place.upstream] : []));
  return running.length === 1 && upstreams.every((upstream) => upstream === running[0]?.upstream);
}

/**
 * A mutation that is asked for twice, under conditions that differ, is one mutation. An upstream sees that within one
 * call; in two calls it would run it twice.
 */
function refuseSecondRun(
  operation: Operation,
  { key, turn, turns }: { readonly key: string; readonly turn: number; readonly turns: Map<string, number> },
): void {
  const known = turns.get(key);
  turns.set(key, turn);
  if (known === undefined || known === turn) return;
  throw new PlanDeclined('UNSUPPORTED', `${nameOf(operation)} asks for "${key}" twice, under conditions that differ`);
}

function solveRoot(search: Search, operation: Operation, wants: readonly Want[]): Solution {
  const solution = search.solve(wants, { upstream: -1, type: operation.rootType });
  const [missing] = solution.missing;
  if (missing) {
    throw new PlanDeclined('UNRESOLVABLE_FIELD', `${nameOf(operation)}: no upstream gives "${missingPath(missing)}"`);
  }
  return solution;
}

function missingPath({ name, fields }: Want): string {
  const [inner] = fields ?? [];
  return inner ? `${name}.${missingPath(inner)}` : name;
}
