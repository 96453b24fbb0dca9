import { parse, type DocumentNode } from 'graphql';
import { seededRandom, type Random } from '../../../upstreams/demo/random.ts';
import { difference, journalDifference, type Difference } from './compare.ts';
import { noFaults, type FaultPlan } from './faults.ts';
import { generateOperation } from './operation.ts';
import type { MonolithAnswer } from './monolith.ts';
import type { Case, EngineAnswer, Rig } from './rig.ts';

export interface GeneratedCase extends Case {
  readonly seed: number;
  readonly text: string;
}

/** One operation over a supergraph, and what goes wrong while it runs; the same for the same seed. */
export function generateCase(rig: Rig, seed: number): GeneratedCase {
  const { text, document, variables } = generateOperation(rig.schema, { seed });
  return { seed, text, document, variables, plan: faultPlan(rig, seededRandom(seed * 131 + 7)) };
}

function faultPlan({ universe }: Rig, random: Random): FaultPlan {
  const seed = random.between(1, 1_000_000);
  const kind = random.between(1, 100);
  if (kind <= 40) return noFaults;
  if (kind <= 72) return { seed, percent: random.between(2, 15) };
  const percent = random.chance(30) ? 4 : 0;
  const subgraph = random.pick(universe.subgraphs);
  if (kind <= 88) return { seed, percent, down: subgraph.name };
  const known = [...subgraph.types.values()].filter(({ keys }) => keys.some(({ isResolvable }) => isResolvable));
  const things = known.flatMap(({ name }) => universe.thingsOf(name));
  if (things.length === 0) return { seed, percent: 8 };
  return { seed, percent, absent: { subgraph: subgraph.name, thing: random.pick(things) } };
}

export type EngineName = 'compiled' | 'stitched';

/** How an engine's answer to a case differs from the monolith's; undefined where it does not. */
export async function judge(rig: Rig, engine: EngineName, one: Case): Promise<Difference | undefined> {
  const expected = rig.monolith(one);
  const whole = one.plan.down || one.plan.absent ? rig.monolith({ ...one, plan: withoutOutage(one.plan) }) : expected;
  try {
    if (engine === 'stitched')
      return difference({ answer: await rig.stitched(one), expected, whole, namesCauses: false });
    const answer = await rig.compiled(one);
    const { declined } = answer;
    // The planner may leave nothing to the stitched engine but mutations that would run twice.
    if (declined !== undefined && !declined.includes('twice, under conditions that differ')) {
      return { kind: 'stitched', message: declined };
    }
    return declined === undefined
      ? difference({ answer, expected, whole, namesCauses: true })
      : disorderOf(answer, expected);
  } catch (cause) {
    return { kind: 'crash', message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
  }
}

/** What runs stitched may fail for the stitched engine's defects, but never runs a mutation twice, or out of turn. */
function disorderOf(answer: EngineAnswer, expected: MonolithAnswer): Difference | undefined {
  const rest = [...expected.record.journal];
  const isInTurn = answer.record.journal.every((entry) => {
    const at = rest.indexOf(entry);
    rest.splice(0, at + 1);
    return at >= 0;
  });
  return isInTurn ? undefined : journalDifference(answer, expected);
}

function withoutOutage({ seed, percent }: FaultPlan): FaultPlan {
  return { seed, percent };
}

/** A case as it is written down in a test. */
export interface WrittenCase {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly plan?: FaultPlan;
}

export function readCase({ query, variables = {}, plan = noFaults }: WrittenCase): Case {
  const document: DocumentNode = parse(query, { noLocation: true });
  return { document, variables, plan };
}
