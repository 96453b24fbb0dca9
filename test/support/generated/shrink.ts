import {
  Kind,
  validate,
  visit,
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { judge, type EngineName } from './cases.ts';
import { noFaults } from './faults.ts';
import { composed, createRig, type Case, type Rig, type SubgraphText } from './rig.ts';

export interface Failing {
  readonly rig: Rig;
  readonly engine: EngineName;
  readonly one: Case;
}

/** The smallest case found that fails in the same way: parts are taken away as long as it does. */
export async function shrink(failing: Failing): Promise<Failing> {
  const difference = await judge(failing.rig, failing.engine, failing.one);
  if (!difference) return failing;
  const fails = async (rig: Rig, one: Case): Promise<boolean> =>
    (await judge(rig, failing.engine, one))?.kind === difference.kind;
  const one = await shrinkOperation(failing.rig, failing.one, fails);
  const rig = await shrinkGraph(failing.rig, one, fails);
  return { ...failing, rig, one: await shrinkOperation(rig, one, fails) };
}

type Fails = (rig: Rig, one: Case) => Promise<boolean>;

async function shrinkOperation(rig: Rig, from: Case, fails: Fails): Promise<Case> {
  let best = from;
  for (;;) {
    const smaller = await firstThat(smallerCases(best), async (one) => {
      return validate(rig.schema, one.document).length === 0 && fails(rig, one);
    });
    if (!smaller) return best;
    best = smaller;
  }
}

async function firstThat<T>(items: Iterable<T>, is: (item: T) => Promise<boolean>): Promise<T | undefined> {
  for (const item of items) if (await is(item)) return item;
  return undefined;
}

function* smallerCases(one: Case): Generator<Case> {
  const { plan, document } = one;
  if (plan !== noFaults) yield { ...one, plan: noFaults };
  if (plan.percent > 0) yield { ...one, plan: { ...plan, percent: 0 } };
  for (const smaller of smallerDocuments(document)) yield { ...one, ...withoutUnused(smaller, one) };
}

function* smallerDocuments(document: DocumentNode): Generator<DocumentNode> {
  const nodes: ASTNode[] = [];
  visit(document, { enter: (node) => void nodes.push(node) });
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
  for (const node of nodes) {
    if (node.kind === Kind.SELECTION_SET) {
      for (const selections of smallerSelections(node, fragments)) {
        yield replaced(document, node, { ...node, selections });
      }
    }
    if (node.kind === Kind.DIRECTIVE || node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) {
      yield replaced(document, node, null);
    }
    if (node.kind === Kind.FIELD && node.alias) {
      const { alias: _, ...bare } = node;
      yield replaced(document, node, bare);
    }
  }
}

function* smallerSelections(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Generator<readonly SelectionNode[]> {
  for (const [index, node] of selections.entries()) {
    if (selections.length > 1) yield selections.toSpliced(index, 1);
    if (node.kind === Kind.FIELD) continue;
    const inner = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
    yield selections.toSpliced(index, 1, ...(inner?.selectionSet.selections ?? []));
  }
}

function replaced(document: DocumentNode, target: ASTNode, by: ASTNode | null): DocumentNode {
  return visit(document, { enter: (node) => (node === target ? by : undefined) });
}

function withoutUnused(document: DocumentNode, { variables }: Case): Pick<Case, 'document' | 'variables'> {
  let smaller = document;
  for (let before = -1; before !== smaller.definitions.length;) {
    before = smaller.definitions.length;
    const spread = namesOf(smaller, Kind.FRAGMENT_SPREAD);
    const definitions = smaller.definitions.filter(
      (node) => node.kind !== Kind.FRAGMENT_DEFINITION || spread.has(node.name.value),
    );
    smaller = { ...smaller, definitions };
  }
  const used = new Set<string>();
  visit(smaller, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(name.value),
  });
  return {
    document: visit(smaller, {
      VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? undefined : null),
    }),
    variables: Object.fromEntries(Object.entries(variables).filter(([name]) => used.has(name))),
  };
}

function namesOf(document: DocumentNode, kind: Kind): ReadonlySet<string> {
  const names = new Set<string>();
  visit(document, {
    enter: (node) => {
      if (node.kind === kind && 'name' in node && node.name) names.add(node.name.value);
    },
  });
  return names;
}

/** Takes types and fields out of the subgraphs, which have one on each line. */
async function shrinkGraph(from: Rig, one: Case, fails: Fails): Promise<Rig> {
  let best = from;
  for (let smaller: Rig | undefined = best; smaller;) {
    best = smaller;
    const looking = { one, fails };
    smaller =
      (await firstSmallerRig(best, { ...looking, isBlock: true })) ??
      (await firstSmallerRig(best, { ...looking, isBlock: false }));
  }
  return best;
}

async function firstSmallerRig(
  rig: Rig,
  { one, fails, isBlock }: { readonly one: Case; readonly fails: Fails; readonly isBlock: boolean },
): Promise<Rig | undefined> {
  for (const subgraphs of smallerSubgraphs(rig.subgraphs, isBlock)) {
    const smaller = rigOf(rig.name, subgraphs);
    if (!smaller || validate(smaller.schema, one.document).length > 0) continue;
    if (await fails(smaller, one)) return smaller;
  }
  return undefined;
}

function rigOf(name: string, subgraphs: readonly SubgraphText[]): Rig | undefined {
  try {
    return typeof composed(subgraphs) === 'string' ? undefined : createRig(name, subgraphs);
  } catch {
    return undefined;
  }
}

const anyType = /^(?:extend )?(?:type|interface|union|enum|input) (\w+)/gm;
const anyField = /^ {2}(\w+)/gm;

function* smallerSubgraphs(subgraphs: readonly SubgraphText[], isBlock: boolean): Generator<readonly SubgraphText[]> {
  // The same type or field in all subgraphs at once, as one alone may not compose.
  for (const [, head = ''] of subgraphs.flatMap(({ sdl }) => [...sdl.matchAll(isBlock ? anyType : anyField)])) {
    const starts = new RegExp(`^${isBlock ? '(extend )?\\w+' : ' '} ${head}\\b`);
    const separator = isBlock ? '\n\n' : '\n';
    yield subgraphs.map(({ name, sdl }) => {
      const pieces = sdl.split(separator).filter((piece) => !starts.test(piece));
      return { name, sdl: pieces.join(separator) };
    });
  }
  for (const [index, { name, sdl }] of subgraphs.entries()) {
    if (isBlock && subgraphs.length > 1) yield subgraphs.toSpliced(index, 1);
    const separator = isBlock ? '\n\n' : '\n';
    const pieces = sdl.split(separator);
    for (const [at, piece] of pieces.entries()) {
      if (!isBlock && !piece.startsWith('  ')) continue;
      yield subgraphs.with(index, { name, sdl: pieces.toSpliced(at, 1).join(separator) });
    }
  }
}
