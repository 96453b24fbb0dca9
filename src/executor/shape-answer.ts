import type { Selection } from '../planner/plan.ts';
import type { Shape } from '../planner/shape.ts';
import type { FetchAnswer } from '../upstream/types.ts';
import { buildCarefully } from './build-carefully.ts';
import type { Values } from './conditions.ts';
import { Failures } from './failures.ts';
import { membersOf } from './members.ts';
import { placeAt, placeOnMembers } from './place-failures.ts';
import type { ProgramResult } from './program.ts';
import { isObject } from './quote.ts';

/** Coerced variables, and the `data` that answers `Shape.introspection`. */
export interface ShapingInput {
  readonly values: Values;
  readonly introspection: object;
}

/** Makes the answer of data that is all there. */
export type ShapeAnswer = (answer: FetchAnswer, input: ShapingInput) => ProgramResult;

/**
 * The last step of a program alone, for data that no plan has fetched: values under their data keys, errors at paths of
 * data keys.
 *
 * @param selections What was asked: where everything failed, each root field did.
 */
export function compileShaping(shape: Shape, selections: readonly Selection[]): ShapeAnswer {
  const members = membersOf(selections);
  return (answer, { values, introspection }) => {
    const data = isObject(answer.data) ? answer.data : {};
    const failures = new Failures();
    for (const { path, error } of answer.errors ?? []) {
      failures.learn(error);
      if (path && path.length > 0) placeAt(failures, data, { path, error });
      else placeOnMembers(failures, data, { members, error });
    }
    const built = buildCarefully(shape, { data, values, introspection, failures, absences: undefined });
    return { ...built, unshown: failures.unshown() };
  };
}
