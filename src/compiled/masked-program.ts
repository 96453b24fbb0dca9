import { parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { LimitedGuards } from '../composition/field-limits/field-limits.ts';
import type { Program } from '../executor/program.ts';
import { compileShaping, type ShapeAnswer } from '../executor/shape-answer.ts';
import { maskOperation } from '../planner/mask-operation.ts';
import { Mask } from '../planner/mask.ts';
import type { Plan } from '../planner/plan.ts';
import { shapeOf } from '../planner/shape-of.ts';
import type { Shape } from '../planner/shape.ts';
import { writeOperation } from '../planner/write-operation.ts';
import { executeStitched } from '../stitched/execute.ts';
import { compilePlan, planningBudget, preparing, smallestBytes, tellWhyStitched } from './build-entry.ts';
import type { Built, EntryParts } from './build-entry.ts';
import type { MaskableParts } from './entry.ts';
import { asFetchAnswer } from './results.ts';

/** What runs an operation without what is denied, and puts null and an error in its place. */
export interface MaskedProgram {
  /** Numbers of what is denied, ascending. */
  readonly denied: readonly number[];
  /** Of the whole operation. */
  readonly shape: Shape;
  readonly program: Program;
  /** Absent where it runs stitched. */
  readonly plan?: Plan;
  /** Only where it runs stitched. */
  readonly stitched?: StitchedPart;
  /** What admission finds in what is left; absent without admission. Made when it is first asked for. */
  readonly examined?: () => unknown;
}

/** The part of an operation that is not denied, as a document of its own. */
export interface StitchedPart {
  /** Absent where nothing is left to ask. */
  readonly document: DocumentNode | undefined;
  /** Puts one result of the document into the shape of the whole operation. */
  readonly shapeAnswer: ShapeAnswer;
}

/** @param denied Numbers of what the caller lacks, or has used up; ascending, each once. */
export function buildMasked(
  { operation, isPlanned, examine }: MaskableParts,
  denied: readonly number[],
  parts: EntryParts & { readonly guards: LimitedGuards },
): Built<MaskedProgram> {
  const { schema, graph, facades, guards } = parts;
  const mask = new Mask(schema, guards, denied);
  const shape = shapeOf(schema, operation, mask);
  const masked = maskOperation(operation, mask, schema);
  const written = writeOperation(masked, schema);
  const document = written.selections.length > 0 ? parse(written.text, { noLocation: true }) : undefined;
  if (isPlanned) {
    try {
      const { plan, program, bytes } = compilePlan(
        { operation: masked, shape, budget: planningBudget() },
        graph,
        preparing(facades),
      );
      return { value: { denied, shape, program, plan, ...(examine && examining(() => examine(masked, plan))) }, bytes };
    } catch (cause) {
      if (document) tellWhyStitched(cause, document);
    }
  }
  const stitched = { document, shapeAnswer: compileShaping(shape, written.selections) };
  const bytes = smallestBytes + 4 * (JSON.stringify(shape).length + 2 * written.text.length);
  const examined = examine && examining(() => examine(masked, undefined));
  return { value: { denied, shape, program: stitchedProgram(stitched, schema), stitched, ...examined }, bytes };
}

/** A mask of limits is never examined: what was used up was charged by the whole operation. */
function examining(examine: () => unknown): Pick<MaskedProgram, 'examined'> {
  let kept: { readonly examined: unknown } | undefined;
  return { examined: () => (kept ??= { examined: examine() }).examined };
}

function stitchedProgram({ document, shapeAnswer }: StitchedPart, schema: GraphQLSchema): Program {
  return {
    run: async ({ variables, values, scope, introspection = {} }) => {
      const result = document
        ? await executeStitched({ schema, document, variableValues: variables, contextValue: { scope } })
        : { data: {} };
      return shapeAnswer(asFetchAnswer(result), { values, introspection });
    },
  };
}
