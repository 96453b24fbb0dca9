import { Kind, type DocumentNode } from 'graphql';
import type { FaultPlan } from './faults.ts';

/** What one run does, and what comes to light in it. */
export interface RunRecord {
  readonly plan: FaultPlan;
  /** Mutations in the order in which they were carried out. */
  readonly journal: string[];
  /** What an upstream was asked that it could not answer; none where the gateway is right. */
  readonly refusals: string[];
  /** Whether something failed of which it cannot be said for sure which fields it costs. */
  isUnsure: boolean;
  /** Subgraphs that were asked for a root field, by response key. */
  readonly roots: Map<string, Set<string>>;
}

export function newRecord(plan: FaultPlan): RunRecord {
  return { plan, journal: [], refusals: [], isUnsure: false, roots: new Map() };
}

/** Takes note of the root fields that a subgraph is asked for. */
export function noteRoots({ roots }: RunRecord, subgraph: string, { definitions }: DocumentNode): void {
  for (const node of definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const field of node.selectionSet.selections) {
      if (field.kind !== Kind.FIELD || field.name.value === '_entities') continue;
      const key = (field.alias ?? field.name).value;
      roots.set(key, (roots.get(key) ?? new Set()).add(subgraph));
    }
  }
}
