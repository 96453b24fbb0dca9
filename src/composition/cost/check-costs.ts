import { Kind, print, visit, type ASTNode, type ConstDirectiveNode, type ConstValueNode } from 'graphql';
import { placeOf } from '../definitions.ts';
import type { Problem, SourceSchema } from '../types.ts';
import { costDirectivesOf, type CostDirective } from './cost-directives.ts';

/**
 * What the composition library does not tell, or not with its place: arguments of the wrong kind, and weights where nobody
 * reads them. Names in `slicingArguments` and `sizedFields` it checks itself.
 */

/** What is wrong with `@cost` and `@listSize` of a source. Pure. */
export function checkCosts({ sdl, file }: SourceSchema): readonly Problem[] {
  const names = costDirectivesOf(sdl);
  if (names.size === 0) return [];
  const problems: Problem[] = [];
  visit(sdl, {
    enter(node) {
      if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.DIRECTIVE_DEFINITION) return false;
      for (const directive of 'directives' in node ? (node.directives ?? []) : []) {
        const ours = names.get(directive.name.value);
        const message = ours && complaintOf(directive as ConstDirectiveNode, ours, node);
        if (message) problems.push({ code: 'CONTRACT', message, places: [placeOf(file, directive)] });
      }
      return undefined;
    },
  });
  return problems;
}

const weighable = new Set<string>([
  Kind.INPUT_VALUE_DEFINITION,
  Kind.FIELD_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.ENUM_TYPE_EXTENSION,
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.SCALAR_TYPE_EXTENSION,
]);

const expected: Readonly<Record<string, { readonly what: string; readonly fits: (value: ConstValueNode) => boolean }>> =
  {
    weight: { what: 'an integer', fits: ({ kind }) => kind === Kind.INT },
    assumedSize: { what: 'an integer', fits: ({ kind }) => kind === Kind.INT || kind === Kind.NULL },
    slicingArguments: { what: 'a list of argument names', fits: isTexts },
    sizedFields: { what: 'a list of field names', fits: isTexts },
    requireOneSlicingArgument: {
      what: 'true or false',
      fits: ({ kind }) => kind === Kind.BOOLEAN || kind === Kind.NULL,
    },
  };

function complaintOf(directive: ConstDirectiveNode, ours: CostDirective, at: ASTNode): string | undefined {
  if (ours === 'cost' && !weighable.has(at.kind)) {
    return '@cost weighs objects, scalars, enums, fields, arguments and input fields: it has no meaning here';
  }
  if (ours === 'listSize' && at.kind !== Kind.FIELD_DEFINITION) {
    return '@listSize sizes the lists that fields give: it has no meaning here';
  }
  const given = directive.arguments ?? [];
  if (ours === 'cost' && given.length === 0) return 'Expected @cost(weight:), but got no weight';
  for (const { name, value } of given) {
    const rule = Object.hasOwn(expected, name.value) ? expected[name.value] : undefined;
    if (rule && !rule.fits(value))
      return `Expected @${ours}(${name.value}:) to be ${rule.what}, but got: ${print(value)}`;
  }
  return undefined;
}

function isTexts(value: ConstValueNode): boolean {
  return (
    value.kind === Kind.NULL || (value.kind === Kind.LIST && value.values.every(({ kind }) => kind === Kind.STRING))
  );
}
