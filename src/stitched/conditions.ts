import { Kind, visit, type DirectiveNode, type DocumentNode, type FieldNode, type SelectionNode } from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

const withConditions = new WeakMap<DocumentNode, boolean>();

/** Whether `@skip` or `@include` stands anywhere in the document. */
export function hasConditions(document: DocumentNode): boolean {
  let found = withConditions.get(document);
  if (found === undefined) {
    found = false;
    visit(document, {
      Directive: (directive) => {
        found ||= isCondition(directive);
      },
    });
    withConditions.set(document, found);
  }
  return found;
}

/**
 * The document once `@skip` and `@include` are decided. Delegation keeps one node of those that answer one response
 * name: of `{ id @skip(if: true) id }` the wrong one. Pure.
 *
 * @param variables Coerced, with defaults.
 * @see {@link https://spec.graphql.org/October2021/#sec-Field-Collection | GraphQL, 6.3.2 Field Collection}
 */
export function decideConditions(document: DocumentNode, variables: Variables): DocumentNode {
  return visit(document, {
    SelectionSet: {
      leave: (set) => {
        const kept = set.selections.flatMap((selection) => decided(selection, variables));
        return { ...set, selections: kept.length > 0 ? kept : [nothing] };
      },
    },
  });
}

/**
 * No selection set may be empty, and none of the skipped fields may stay: delegation would take the condition over to the
 * same field where it needs it as a key.
 */
const nothing: FieldNode = {
  kind: Kind.FIELD,
  alias: { kind: Kind.NAME, value: '_weft_nothing' },
  name: { kind: Kind.NAME, value: '__typename' },
  directives: [
    {
      kind: Kind.DIRECTIVE,
      name: { kind: Kind.NAME, value: 'include' },
      arguments: [
        {
          kind: Kind.ARGUMENT,
          name: { kind: Kind.NAME, value: 'if' },
          value: { kind: Kind.BOOLEAN, value: false },
        },
      ],
    },
  ],
};

function isCondition({ name }: DirectiveNode): boolean {
  return name.value === 'skip' || name.value === 'include';
}

function decided(selection: SelectionNode, variables: Variables): SelectionNode[] {
  const conditions = selection.directives?.filter(isCondition) ?? [];
  if (conditions.length === 0) return [selection];
  if (!conditions.every((condition) => isMet(condition, variables))) return [];
  return [{ ...selection, directives: selection.directives?.filter((directive) => !isCondition(directive)) ?? [] }];
}

function isMet({ name, arguments: given }: DirectiveNode, variables: Variables): boolean {
  const value = given?.find((argument) => argument.name.value === 'if')?.value;
  const isTrue =
    value?.kind === Kind.VARIABLE ? variables[value.name.value] === true : value?.kind === Kind.BOOLEAN && value.value;
  return isTrue === (name.value === 'include');
}
