import assert from 'node:assert/strict';
import { buildASTSchema, execute, getVariableValues, Kind, type DocumentNode, type GraphQLResolveInfo } from 'graphql';
import { buildJoinGraph } from '../../../../src/composition/join-graph/build.ts';
import { normalise } from '../../../../src/planner/normalise.ts';
import { planOperation } from '../../../../src/planner/plan-operation.ts';
import type { Plan } from '../../../../src/planner/plan.ts';
import { shapeOf } from '../../../../src/planner/shape-of.ts';
import { clientSchema } from './client-schema.ts';
import { runPlan, writeAnswer } from './run-plan.ts';
import { fullField, startUpstreams } from './upstreams.ts';
import { World, type WorldObject } from './world.ts';

export interface Case {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly overrideLabels?: ReadonlySet<string>;
}

/** A supergraph with everything that is needed to plan, run and judge operations on it. */
export function prepare(supergraph: DocumentNode) {
  const graph = buildJoinGraph(supergraph);
  const schema = clientSchema(supergraph);
  const full = buildASTSchema(supergraph, { assumeValid: true, assumeValidSDL: true });
  const world = new World(graph, new Set(Object.keys(schema.getTypeMap())));

  function plan({ document, overrideLabels = new Set() }: Case): Plan {
    return planOperation({ graph, operation: normalise({ document, schema, graph }), overrideLabels });
  }

  /** Defaults filled in, as the executor is given them. */
  function coerced({ document, variables = {} }: Case): Readonly<Record<string, unknown>> {
    const declared = document.definitions.flatMap((node) =>
      node.kind === Kind.OPERATION_DEFINITION ? (node.variableDefinitions ?? []) : [],
    );
    const values = getVariableValues(schema, declared, variables);
    assert.ok('variableValues' in values && values.variableValues);
    return values.variableValues.coerced;
  }

  /** What one server that holds everything answers. */
  function monolith({ document, variables = {} }: Case): unknown {
    const fieldResolver = (object: WorldObject, args: object, _: unknown, info: GraphQLResolveInfo) =>
      world.valueOf(object, info.fieldName, { args, type: fullField(full, object.type, info.fieldName).type });
    const operation = normalise({ document, schema, graph });
    const rootValue: WorldObject = { type: operation.rootType, seed: 'root' };
    const typeResolver = ({ type }: WorldObject) => type;
    const result = execute({ schema, document, variableValues: variables, rootValue, fieldResolver, typeResolver });
    assert.ok(!('then' in result));
    assert.deepEqual(result.errors ?? [], []);
    return result.data;
  }

  /** Runs the plan over upstreams that share the monolith's data, and expects the monolith's answer to the letter. */
  function check(one: Case): Plan {
    const { document, overrideLabels = new Set() } = one;
    const variables = coerced(one);
    const made = plan(one);
    const ask = startUpstreams({ supergraph, graph, world, full, overrideLabels });
    const answer = writeAnswer(
      shapeOf(schema, normalise({ document, schema, graph })),
      runPlan(made, ask, variables),
      variables,
    );
    assert.equal(JSON.stringify(answer, null, 1), JSON.stringify(monolith(one), null, 1));
    return made;
  }

  return { graph, schema, plan, check };
}
