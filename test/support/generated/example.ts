import { readCase, type WrittenCase } from './cases.ts';
import { generateGraph } from './graph.ts';
import { createRig, type Case, type Rig } from './rig.ts';

/** A case over a supergraph that is written down by subgraph name, or generated from a seed. */
export type Example = WrittenCase &
  ({ readonly subgraphs: Readonly<Record<string, string>> } | { readonly graph: number });

/** Federation 2, with every directive; in front of a subgraph that has no `extend schema` of its own. */
const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@requires", "@provides", ' +
  '"@external", "@shareable", "@override", "@inaccessible", "@interfaceObject"])\n';

export function readExample(name: string, example: Example): { readonly rig: Rig; readonly one: Case } {
  const subgraphs =
    'graph' in example
      ? generateGraph(example.graph).subgraphs
      : Object.entries(example.subgraphs).map(([subgraph, sdl]) => ({
          name: subgraph,
          sdl: sdl.includes('extend schema') ? sdl : link + sdl,
        }));
  return { rig: createRig(name, subgraphs), one: readCase(example) };
}
