import type { Condition, EntityTarget, OperationKind, Selection, VariableUse } from './plan.ts';

export interface OperationParts {
  readonly kind: OperationKind;
  readonly variables: readonly VariableUse[];
  /** Root selections, or what is asked of entities. */
  readonly selections: readonly Selection[] | null;
  readonly targets: readonly Pick<EntityTarget, 'alias' | 'variable' | 'type' | 'selections'>[];
}

/** The GraphQL document for an upstream: compact, and the same for equal parts. */
export function printOperationText({ kind, variables, selections, targets }: OperationParts): string {
  const declared = [
    ...targets.map(({ variable }) => `$${variable}:[_Any!]!`),
    ...variables.map(({ name, type, default: value }) => `$${name}:${type}${value === undefined ? '' : `=${value}`}`),
  ];
  const parameters = declared.length > 0 ? `(${declared.join(',')})` : '';
  const head = kind === 'query' && parameters === '' ? '' : `${kind}${parameters}`;
  return `${head}{${selections ? printSelections(selections) : targets.map(printTarget).join(' ')}}`;
}

function printTarget({ alias, variable, type, selections }: OperationParts['targets'][number]): string {
  const name = alias === '_entities' ? alias : `${alias}:_entities`;
  return `${name}(representations:$${variable}){...on ${type}{${printSelections(selections)}}}`;
}

function printSelections(selections: readonly Selection[]): string {
  return selections.map(printSelection).join(' ');
}

function printSelection(selection: Selection): string {
  const inner = selection.selections.length > 0 ? `{${printSelections(selection.selections)}}` : '';
  if (selection.select === 'fragment') return `...on ${selection.type}${inner}`;
  const [own, around] = sharedOut(selection.conditions);
  const field = `${printFieldHead(selection)}${printConditions(own)}${inner}`;
  return around.reduceRight((text, condition) => `...${printConditions([condition]).trimStart()}{${text}}`, field);
}

/** Alias, name and arguments of a field. */
export function printFieldHead(field: Extract<Selection, { readonly select: 'field' }>): string {
  const alias = field.dataKey === field.name ? '' : `${field.dataKey}:`;
  const args = field.arguments.map(({ name, value }) => `${name}:${value}`).join(',');
  return `${alias}${field.name}${args === '' ? '' : `(${args})`}`;
}

/** A field may carry one `@include` and one `@skip`; the other conditions go on fragments around it. */
function sharedOut(
  conditions: readonly Condition[],
): readonly [own: readonly Condition[], around: readonly Condition[]] {
  const own = conditions.filter((condition, index) => conditions.findIndex(({ is }) => is === condition.is) === index);
  return [own, conditions.filter((condition) => !own.includes(condition))];
}

export function printConditions(conditions: readonly Condition[]): string {
  return conditions.map(({ variable, is }) => ` @${is ? 'include' : 'skip'}(if:$${variable})`).join('');
}
