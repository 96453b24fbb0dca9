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
  parse,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type SelectionSetNode,
} from 'graphql';
import { seededRandom, type Random } from '../../../upstreams/demo/random.ts';
import { hintedSchema, policyOf } from '../../support/cache-policy-schema.ts';
import { randomQuery } from '../../support/random-query.ts';

const hinted = hintedSchema(/* GraphQL */ `
  type Query {
    node(id: ID): Node @cacheControl(maxAge: 90)
    any: [Any] @cacheControl(maxAge: 80)
    user(id: ID): User @cacheControl(maxAge: 70)
    box: Box @cacheControl(maxAge: 60)
    plain: Box
    total: Int @cacheControl(maxAge: 50)
    count: Int
  }
  interface Node @cacheControl(inheritMaxAge: true) {
    id: ID
    name: String
    next: Node
    box: Box
  }
  interface Owned {
    owner: User @cacheControl(maxAge: 40)
    note: String @cacheControl(scope: PRIVATE)
  }
  type User implements Node {
    id: ID
    name: String
    next: Node
    box: Box @cacheControl(inheritMaxAge: true)
    email: String @cacheControl(scope: PRIVATE)
    friends: [User] @cacheControl(inheritMaxAge: true)
    wishes: [Any] @cacheControl(maxAge: 30)
  }
  type Cart implements Node & Owned {
    id: ID
    name: String @cacheControl(maxAge: 20)
    next: Node
    box: Box
    owner: User
    note: String
  }
  type Pin @cacheControl(maxAge: 35, scope: PRIVATE) {
    code: Int
  }
  type Tag @cacheControl(maxAge: 25) {
    id: ID
    name: String
  }
  type Box @cacheControl(inheritMaxAge: true) {
    size: Int
    tag: Tag
    pin: Pin
    inner: Box
    any: Any @cacheControl(inheritMaxAge: true)
  }
  union Any = User | Tag | Box
`);
const { schema } = hinted;

interface Generated {
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

function generated(seed: number): Generated {
  const argument = (_: unknown, _field: string, random: Random): string => `"${random.between(1, 9)}"`;
  const { text, variables } = randomQuery(schema, { seed, depth: 1 + (seed % 5), argument });
  return { document: parse(text), variables };
}

interface Directed {
  readonly astNode?: { readonly directives?: readonly DirectiveNode[] | undefined } | null | undefined;
}

interface Hint {
  readonly maxAge: number | undefined;
  readonly isPrivate: boolean;
  readonly inherits: boolean;
}

/** What several places say together. */
function saidBy(...places: readonly (Directed | undefined)[]): Hint {
  const all = places.flatMap((place) => place?.astNode?.directives ?? []);
  const values = all.map((each) => new Map(each.arguments?.map(({ name, value }) => [name.value, value]) ?? []));
  const ages = values.flatMap((given) => {
    const age = given.get('maxAge');
    return age?.kind === Kind.INT ? Number(age.value) : [];
  });
  const inherits = values.map((given) => given.has('inheritMaxAge'));
  return {
    maxAge: ages.length > 0 ? Math.min(...ages) : undefined,
    isPrivate: values.some((given) => {
      const scope = given.get('scope');
      return scope?.kind === Kind.ENUM && scope.value === 'PRIVATE';
    }),
    inherits: inherits.length > 0 && inherits.every(Boolean),
  };
}

interface Verdict {
  maxAge: number;
  isPrivate: boolean;
}

/** The rules once more, as plainly as they can be said: each object type at each place for itself. */
class NaivePolicy {
  readonly verdict: Verdict = { maxAge: Number.POSITIVE_INFINITY, isPrivate: false };
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Generated['variables'];

  constructor({ document, variables }: Generated) {
    this.#variables = variables;
    this.#fragments = new Map(
      document.definitions.flatMap((node) =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
      ),
    );
  }

  read(set: SelectionSetNode, type: GraphQLObjectType, isRoot: boolean): void {
    for (const node of set.selections) {
      if (!this.#isAsked(node.directives)) continue;
      if (node.kind === Kind.FIELD) this.#readField(node, type, isRoot);
      else {
        const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value);
        const condition = schema.getType(fragment?.typeCondition?.name.value ?? type.name);
        const isMet = condition === type || (isAbstractType(condition) && schema.isSubType(condition, type));
        if (fragment && isMet) this.read(fragment.selectionSet, type, isRoot);
      }
    }
  }

  #readField(node: FieldNode, type: GraphQLObjectType, isRoot: boolean): void {
    const field = type.getFields()[node.name.value];
    if (!field) return;
    const own = saidBy(field, ...type.getInterfaces().map((each) => each.getFields()[field.name]));
    const below = getNamedType(field.type);
    const given = isCompositeType(below) ? ofType(below) : undefined;
    const ages = [own.maxAge, given?.maxAge].filter((age) => age !== undefined);
    const inherits = !given || own.inherits || given.inherits;
    if (ages.length === 0 && (isRoot || !inherits)) ages.push(0);
    this.#take(ages, own.isPrivate || given?.isPrivate === true);
    for (const possible of isCompositeType(below) ? possibleOf(below) : []) {
      const hint = ofType(possible);
      this.#take(hint.maxAge === undefined ? [] : [hint.maxAge], hint.isPrivate);
      if (node.selectionSet) this.read(node.selectionSet, possible, false);
    }
  }

  #take(ages: readonly number[], isPrivate: boolean): void {
    this.verdict.maxAge = Math.min(this.verdict.maxAge, ...ages);
    this.verdict.isPrivate ||= isPrivate;
  }

  #isAsked(directives: readonly DirectiveNode[] | undefined): boolean {
    return (directives ?? []).every(({ name, arguments: args }) => {
      const value = args?.[0]?.value;
      const is =
        value?.kind === Kind.VARIABLE ? this.#variables[value.name.value] : value?.kind === Kind.BOOLEAN && value.value;
      return is === (name.value === 'include');
    });
  }
}

function ofType(type: GraphQLCompositeType): Hint {
  return saidBy(type, ...('getInterfaces' in type ? type.getInterfaces() : []));
}

function possibleOf(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
  return isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
}

function naiveVerdict(given: Generated): Verdict {
  const [operation] = given.document.definitions;
  const root = schema.getQueryType();
  assert.ok(operation?.kind === Kind.OPERATION_DEFINITION && root);
  const naive = new NaivePolicy(given);
  naive.read(operation.selectionSet, root, true);
  const { maxAge, isPrivate } = naive.verdict;
  return { maxAge: Number.isFinite(maxAge) ? maxAge : 0, isPrivate };
}

/** Each field under a name that another one might have. */
function disguised({ document, variables }: Generated): Generated {
  const aliases = ['id', 'name', 'size', 'total'];
  let next = 0;
  const renamed = visit(document, {
    Field: (node) => ({
      ...node,
      alias: { kind: Kind.NAME, value: `${aliases[next % aliases.length]}${next++}` } as const,
    }),
  });
  return { document: renamed, variables };
}

const seeds = Array.from({ length: 1500 }, (_, seed) => seed);

describe('generated operations', () => {
  test('are never kept longer, nor shared more freely, than what they expand to', () => {
    let [equal, kept, hidden] = [0, 0, 0];
    for (const seed of seeds) {
      const given = generated(seed);
      const policy = policyOf(given.document, hinted);
      const maxAge = policy.maxAge(given.variables);
      const isPrivate = policy.isPrivate(given.variables);
      const naive = naiveVerdict(given);
      assert.ok(maxAge <= naive.maxAge, `seed ${seed}: kept for ${maxAge} s, not for ${naive.maxAge} s`);
      assert.ok(isPrivate || !naive.isPrivate, `seed ${seed}: must be private`);
      if (maxAge === naive.maxAge && isPrivate === naive.isPrivate) equal += 1;
      if (maxAge > 0) kept += 1;
      if (isPrivate) hidden += 1;
    }
    // Conditions beyond what are told apart make the difference.
    assert.ok(equal > seeds.length * 0.95, `${equal} of ${seeds.length} are judged alike`);
    assert.ok(kept > 300 && kept < 1300 && hidden > 300 && hidden < 1300, `${kept} kept, ${hidden} private`);
  });

  test('are judged the same whatever their fields are called', () => {
    for (const seed of seeds.slice(0, 500)) {
      const given = generated(seed);
      const [plain, other] = [given, disguised(given)].map(({ document }) => policyOf(document, hinted));
      assert.equal(other?.maxAge(given.variables), plain?.maxAge(given.variables), `seed ${seed}`);
      assert.equal(other?.isPrivate(given.variables), plain?.isPrivate(given.variables), `seed ${seed}`);
      assert.deepEqual(other?.tags(given.variables), plain?.tags(given.variables), `seed ${seed}`);
    }
  });

  test('are kept under every object that their answers were made of', () => {
    let [precise, unknown] = [0, 0];
    for (const seed of seeds) {
      const given = generated(seed);
      const read = answerTo(given, seededRandom(seed));
      const tags = new Set(policyOf(given.document, hinted).answerTags(read.data, given.variables));
      for (const [tag, rest] of read.objects) {
        assert.ok(tags.has(tag) || tags.has(rest), `seed ${seed}: ${tag} is neither named nor unknown`);
        if (tags.has(tag)) precise += 1;
        else unknown += 1;
      }
      for (const tag of read.absent) assert.ok(tags.has(tag), `seed ${seed}: ${tag} has a place`);
      for (const tag of [...read.objects.values(), ...read.absent])
        assert.ok(tags.has(tag.replace(':?', '')), `seed ${seed}: ${tag}`);
    }
    assert.ok(precise > 500 && unknown > 500, `${precise} named, ${unknown} unknown`);
  });
});

interface Answer {
  readonly data: unknown;
  /** Tag of each object that was read, with that of its type's unknown objects. */
  readonly objects: ReadonlyMap<string, string>;
  /** Tags of entity types where nothing stands at a place for one. */
  readonly absent: ReadonlySet<string>;
}

const entityTypes: ReadonlySet<string> = new Set(['User', 'Cart', 'Tag']);

function answerTo({ document, variables }: Generated, random: Random): Answer {
  const objects = new Map<string, string>();
  const absent = new Set<string>();
  const valueOf = (type: GraphQLOutputType): unknown => {
    const named = getNamedType(type);
    if (!isCompositeType(named))
      return named.name === 'String' ? `text ${random.between(1, 99)}` : random.between(1, 99);
    if (random.chance(15)) return noneOf(named);
    if (!isListType(getNullableType(type))) return objectOf(named);
    const length = random.between(0, 3);
    if (length === 0) noneOf(named);
    return Array.from({ length }, () => (random.chance(10) ? noneOf(named) : objectOf(named)));
  };
  const noneOf = (type: GraphQLCompositeType): null => {
    for (const { name } of possibleOf(type)) if (entityTypes.has(name)) absent.add(`${name}:?`);
    return null;
  };
  const objectOf = (type: GraphQLCompositeType): object => {
    const { name } = random.pick(possibleOf(type));
    const id = String(random.between(1, 99));
    if (entityTypes.has(name)) objects.set(`${name}:${id}`, `${name}:?`);
    return { __typename: name, id };
  };
  const { data } = executeSync({
    schema,
    document,
    variableValues: variables,
    rootValue: {},
    fieldResolver: (source: Readonly<Record<string, unknown>>, _args, _context, info) =>
      info.fieldName in source ? source[info.fieldName] : valueOf(info.returnType),
  });
  return { data, objects, absent };
}
