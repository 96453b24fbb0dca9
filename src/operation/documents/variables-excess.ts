import type { DocumentBounds } from '../../config/limit-types.ts';
import { fixedDocumentBounds } from './default-bounds.ts';
import type { Excess } from './excess.ts';

/**
 * Whether a list in the variables, at any level, is longer than `maxListItems`, or the variables are nested deeper than
 * `fixedDocumentBounds.maxNesting`. Nothing is made of them, and no stack overflows; how much there is, the bound of the
 * request's body says. Pure.
 *
 * @param variables Data, as JSON gives it.
 */
export function variablesExcess(
  variables: Readonly<Record<string, unknown>>,
  { maxListItems = Infinity }: Pick<DocumentBounds, 'maxListItems'>,
): Excess | undefined {
  for (const name in variables) {
    const value = variables[name];
    const excess = typeof value === 'object' && value !== null ? excessOf(value, maxListItems, 1) : undefined;
    if (excess !== undefined) return excess;
  }
  return undefined;
}

const { maxNesting } = fixedDocumentBounds;

function excessOf(value: object, maxItems: number, level: number): Excess | undefined {
  if (level > maxNesting) return { bound: 'maxNesting', max: maxNesting, came: undefined, of: 'variables' };
  if (Array.isArray(value) && value.length > maxItems) {
    return { bound: 'maxListItems', max: maxItems, came: value.length, of: 'variables' };
  }
  for (const key in value) {
    const item: unknown = value[key as keyof typeof value];
    const excess = typeof item === 'object' && item !== null ? excessOf(item, maxItems, level + 1) : undefined;
    if (excess !== undefined) return excess;
  }
  return undefined;
}
