import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  executeSync,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
  parse,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { FieldCosts } from '../../../src/operation/cost/field-costs.ts';
import { VariableReader } from '../../../src/operation/cost/raw-variables.ts';
import { RoughCosts } from '../../../src/operation/cost/rough-costs.ts';
import { numberOf, Terms } from '../../../src/operation/cost/terms.ts';
import { costOf, costSchema } from '../../support/cost-schema.ts';
import { randomQuery } from '../../support/random-query.ts';
import { seededRandom, type Random } from '../../../upstreams/demo/random.ts';

const priced = costSchema(
  /* GraphQL */ `
    type Query @cost(weight: 1) {
      things(first: Int = 2, note: String @cost(weight: 2)): [Thing] @listSize(slicingArguments: ["first"])
      page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["items"], assumedSize: 3, requireOneSlicingArgument: false)
      node(first: Int): Node @cost(weight: 3)
      any: [Any] @listSize(assumedSize: 2)
      grid: [[Thing]]
      dears: [Int] @cost(weight: 2)
      name: String
    }
    interface Node { id: ID next: Node others(first: Int): [Node] }
    type Page { items: [Thing] more: [Any] count: Int }
    type Thing implements Node @cost(weight: 3) {
      id: ID
      next: Node
      others(first: Int): [Node] @listSize(slicingArguments: ["first"], assumedSize: 1, requireOneSlicingArgument: false)
      note: String @cost(weight: 1)
      at: Time
    }
    type Other implements Node {
      id: ID @cost(weight: 4)
      next: Node @cost(weight: 6)
      others(first: Int): [Node]
      page: Page
    }
    union Any = Thing | Other
    scalar Time @cost(weight: 4)
  `,
  3,
);

type Variables = Readonly<Record<string, unknown>>;

const argument = (given: GraphQLArgument, _field: string, random: Random): string =>
  String(getNamedType(given.type)) === 'Int' ? String(random.between(0, 3)) : '"a"';

function generated(seed: number): { readonly document: DocumentNode; readonly variables: Variables } {
  const { text, variables } = randomQuery(priced.schema, { seed, depth: 2 + (seed % 4), argument });
  return { document: parse(text), variables };
}

/** The rules once more, as plainly as they can be said: every field looked at where it stands. */
class NaiveCost {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #operation: OperationDefinitionNode;
  readonly #variables: Variables;

  constructor(document: DocumentNode, variables: Variables) {
    const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    this.#operation = operations[0] as OperationDefinitionNode;
    this.#fragments = new Map(
      document.definitions.flatMap((node) =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
      ),
    );
    this.#variables = variables;
  }

  cost(): number {
    const root = priced.schema.getRootType(OperationTypeNode.QUERY) as GraphQLObjectType;
    return (priced.model.weights.get('Query') ?? 0) + this.#fields(root, [this.#operation.selectionSet], {});
  }

  #objects(type: GraphQLCompositeType, sets: readonly SelectionSetNode[], at: NaiveAt): number {
    const possible = isAbstractType(type) ? priced.schema.getPossibleTypes(type) : [type as GraphQLObjectType];
    return Math.max(
      0,
      ...possible.map((each) => (at.weight ?? priced.model.weights.get(each.name) ?? 1) + this.#fields(each, sets, at)),
    );
  }

  #fields(type: GraphQLObjectType, sets: readonly SelectionSetNode[], at: NaiveAt): number {
    const groups = Map.groupBy(
      sets.flatMap((set) => this.#collect(type, set)),
      ({ alias, name }) => alias?.value ?? name.value,
    );
    let total = 0;
    for (const nodes of groups.values()) {
      const name = nodes[0]?.name.value ?? '';
      const field = type.getFields()[name];
      if (!field) continue;
      const coordinate = `${type.name}.${name}`;
      const { weights, listSizes, defaultListSize } = priced.model;
      const rule = listSizes.get(coordinate);
      const sized =
        rule && (this.#sliced(nodes[0], field.args, rule.slicingArguments) ?? rule.assumedSize ?? defaultListSize);
      const named = getNamedType(field.type);
      const weight = weights.get(coordinate);
      let each = weight ?? weights.get(named.name) ?? 0;
      if (isCompositeType(named)) {
        const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
        each = this.#objects(named, below, { weight, sized, fields: rule?.sizedFields ?? [] });
      }
      const lists = levels(field.type);
      const outer = at.fields?.includes(name) ? at.sized : sized;
      const size = lists === 0 ? 1 : (outer ?? defaultListSize) * defaultListSize ** (lists - 1);
      total += size * each + this.#inputs(nodes[0], coordinate);
    }
    return total;
  }

  #collect(type: GraphQLObjectType, set: SelectionSetNode): readonly FieldNode[] {
    return set.selections.flatMap((node) => {
      for (const { name, arguments: args } of node.directives ?? []) {
        const value = args?.[0] && this.#value(args[0].value);
        if (value === (name.value === 'skip')) return [];
      }
      if (node.kind === Kind.FIELD) return [node];
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value);
      if (!fragment) return [];
      const condition = fragment.typeCondition && priced.schema.getType(fragment.typeCondition.name.value);
      const fits =
        !condition || condition === type || (isAbstractType(condition) && priced.schema.isSubType(condition, type));
      return fits ? this.#collect(type, fragment.selectionSet) : [];
    });
  }

  #sliced(node: FieldNode | undefined, args: readonly GraphQLArgument[], names: readonly string[]): number | undefined {
    const sizes = args.flatMap((each) => {
      if (!names.includes(each.name)) return [];
      const value = node?.arguments?.find(({ name }) => name.value === each.name)?.value;
      const given = value ? this.#value(value) : undefined;
      const usual = each.default?.literal?.kind === Kind.INT ? Number(each.default.literal.value) : undefined;
      const size = given === undefined ? usual : given;
      return typeof size === 'number' ? [size] : [];
    });
    return sizes.length > 0 ? Math.max(...sizes) : undefined;
  }

  #inputs(node: FieldNode | undefined, coordinate: string): number {
    return (node?.arguments ?? []).reduce((total, { name, value }) => {
      const data = this.#value(value);
      return data === null || data === undefined
        ? total
        : total + (priced.model.weights.get(`${coordinate}(${name.value}:)`) ?? 0);
    }, 0);
  }

  #value(node: ValueNode): unknown {
    if (node.kind === Kind.INT) return Number(node.value);
    if (node.kind === Kind.BOOLEAN || node.kind === Kind.STRING) return node.value;
    if (node.kind !== Kind.VARIABLE) return null;
    const declared = this.#operation.variableDefinitions?.find(
      ({ variable }) => variable.name.value === node.name.value,
    );
    const sent = this.#variables[node.name.value];
    return sent === undefined && declared?.defaultValue ? this.#value(declared.defaultValue) : sent;
  }
}

interface NaiveAt {
  readonly weight?: number | undefined;
  readonly sized?: number | undefined;
  readonly fields?: readonly string[];
}

function levels(type: GraphQLOutputType): number {
  const inner = getNullableType(type);
  return isListType(inner) ? 1 + levels(inner.ofType) : 0;
}

/** Every fragment written out where it is spread. */
function expanded(document: DocumentNode): DocumentNode {
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
  const write = (set: SelectionSetNode): SelectionSetNode =>
    visit(set, {
      FragmentSpread: (node) => {
        const fragment = fragments.get(node.name.value);
        if (!fragment) return undefined;
        const { typeCondition, selectionSet } = fragment;
        const directives = node.directives ?? [];
        return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet: write(selectionSet) } as const;
      },
    });
  const definitions = document.definitions.flatMap((node) =>
    node.kind === Kind.OPERATION_DEFINITION ? [{ ...node, selectionSet: write(node.selectionSet) }] : [],
  );
  return { kind: Kind.DOCUMENT, definitions };
}

/** An answer whose lists are at most as long as the model says. */
function answerTo(document: DocumentNode, variableValues: Variables, random: Random): unknown {
  const limits = new WeakMap<object, number>();
  const { data } = executeSync({
    schema: priced.schema,
    document,
    variableValues,
    rootValue: {},
    typeResolver: (_, __, { schema }, type) => random.pick(schema.getPossibleTypes(type)).name,
    fieldResolver: (source: unknown, args: Readonly<Record<string, unknown>>, _context, info) => {
      const coordinate = `${info.parentType.name}.${info.fieldName}`;
      const rule = priced.model.listSizes.get(coordinate);
      const first = rule?.slicingArguments.includes('first') ? args['first'] : undefined;
      const own = rule && (typeof first === 'number' ? first : (rule.assumedSize ?? priced.model.defaultListSize));
      const handed = info.fieldName === 'items' ? limits.get(source as object) : undefined;
      const make = (type: GraphQLOutputType, longest: number): unknown => {
        const inner = getNullableType(type);
        if (random.chance(8)) return null;
        if (isListType(inner)) {
          const length = random.chance(50) ? longest : random.between(0, longest);
          const item = inner.ofType;
          return Array.from({ length }, () => make(item, priced.model.defaultListSize));
        }
        if (!isCompositeType(inner)) return 1;
        const object = {};
        if (own !== undefined) limits.set(object, own);
        return object;
      };
      return make(info.returnType, handed ?? own ?? priced.model.defaultListSize);
    },
  });
  return data;
}

const seeds = Array.from({ length: 400 }, (_, seed) => seed);

describe('generated operations', () => {
  test('cost what the rules say, said as plainly as they can be', () => {
    const found = new Set<number>();
    for (const seed of seeds) {
      const { document, variables } = generated(seed);
      const { points } = costOf(document, priced).estimate(variables);
      assert.equal(points, new NaiveCost(document, variables).cost(), `seed ${seed}`);
      found.add(points);
    }
    assert.ok(found.size > seeds.length / 4, 'the operations must not all be alike');
  });

  test('cost the same with their fragments written out', () => {
    for (const seed of seeds) {
      const { document, variables } = generated(seed);
      const whole = costOf(expanded(document), priced).estimate(variables);
      const { points, dearest } = costOf(document, priced).estimate(variables);
      assert.equal(points, whole.points, `seed ${seed}`);
      assert.equal(dearest?.points, whole.dearest?.points, `seed ${seed}`);
    }
  });

  test('never cost more than was estimated, where lists are no longer than was said', () => {
    let equal = 0;
    for (const seed of seeds) {
      const { document, variables } = generated(seed);
      const cost = costOf(document, priced);
      const data = answerTo(document, variables, seededRandom(seed));
      const [actual, estimated] = [cost.actual(data, variables), cost.estimate(variables).points];
      assert.ok(data && actual > 0, `seed ${seed}`);
      assert.ok(actual <= estimated, `seed ${seed}: ${actual} > ${estimated}`);
      if (actual === estimated) equal += 1;
    }
    assert.ok(equal > 0 && equal < seeds.length);
  });

  test('cost no less where they are only looked at roughly', () => {
    for (const seed of seeds) {
      const { document, variables } = generated(seed);
      const [node] = document.definitions;
      const root = priced.schema.getQueryType();
      if (node?.kind !== Kind.OPERATION_DEFINITION || !isObjectType(root))
        throw new TypeError('the query must be first');
      const terms = new Terms();
      const reader = new VariableReader(node);
      const costs = new FieldCosts({ ...priced, terms, variables: reader });
      const fragments = new Map(
        document.definitions.flatMap((each) =>
          each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [],
        ),
      );
      const rough = new RoughCosts({ costs, variables: reader, fragments }).costOf(node.selectionSet, root, 0);
      const precise = costOf(document, priced).estimate(variables).points - 1;
      assert.ok(numberOf(rough, terms.evaluate(variables)) >= precise, `seed ${seed}`);
    }
  });
});
