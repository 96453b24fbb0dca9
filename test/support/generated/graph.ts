import { seededRandom } from '../../../upstreams/demo/random.ts';
import { entityInterfaces, federation1, interfaces, mutations, unions } from './abstract-parts.ts';
import {
  inaccessible,
  override,
  progressiveOverride,
  provides,
  providesOnAbstract,
  requiredFragments,
  requires,
} from './dependent-parts.ts';
import { Draft } from './draft.ts';
import { entities, enums, inputs, references, shareable, sharedRoots, valueTypes, type Part } from './parts.ts';
import { composed, type SubgraphText } from './rig.ts';

export interface GeneratedGraph {
  readonly name: string;
  readonly subgraphs: readonly SubgraphText[];
  readonly features: ReadonlySet<string>;
}

/** Every feature that the graphs of a suite must have, all told. */
export const allFeatures = [
  'entities',
  'several keys',
  'composite keys',
  'nested keys',
  'inaccessible keys',
  'non-resolvable keys',
  'requires',
  'requires with arguments',
  'requires with fragments',
  'chains of requires',
  'external',
  'provides',
  'provides on an interface',
  'provides on a union',
  'shareable',
  'override',
  'progressive override',
  'inaccessible',
  'entity interfaces',
  'interface objects',
  'interfaces',
  'value types that differ',
  'enum members that differ',
  'union members that differ',
  'input fields that differ',
  'shared root fields',
  'federation 1',
  'mutations',
] as const;

const parts: readonly Part[] = [
  references,
  shareable,
  valueTypes,
  enums,
  inputs,
  sharedRoots,
  requires,
  requires,
  requires,
  requiredFragments,
  provides,
  providesOnAbstract,
  providesOnAbstract,
  override,
  progressiveOverride,
  inaccessible,
  entityInterfaces,
  unions,
  interfaces,
  federation1,
  mutations,
];

/** Subgraphs that compose; the same for the same seed. A part that does not compose with those before is left out. */
export function generateGraph(seed: number): GeneratedGraph {
  const random = seededRandom(seed * 7919 + 17);
  let draft = new Draft();
  for (const name of ['ash', 'birch', 'cedar', 'elm'].slice(0, random.between(3, 4))) {
    draft.addSubgraph(name);
  }
  entities(draft, random);
  for (const part of parts) {
    if (!random.chance(65)) continue;
    const next = draft.copy();
    part(next, random);
    if (typeof composed(next.texts()) !== 'string') draft = next;
  }
  return { name: `graph ${seed}`, subgraphs: draft.texts(), features: draft.features };
}
