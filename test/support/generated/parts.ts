import type { Random } from '../../../upstreams/demo/random.ts';
import type { Draft, EntityDraft } from './draft.ts';

/** Something that is added to a graph. It may turn out not to compose with what is there; then the graph does without. */
export type Part = (draft: Draft, random: Random) => void;

const leaves = [
  'String',
  'String!',
  'Int',
  'Int!',
  'Float',
  'Boolean',
  'Boolean!',
  'ID',
  '[String!]',
  '[Int]!',
  '[[Int!]]',
  '[[String]!]!',
];

const wrappings: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name,
  (name) => `${name}!`,
  (name) => `[${name}]`,
  (name) => `[${name}!]!`,
  (name) => `[${name}!]`,
  (name) => `[[${name}!]]!`,
];

export function someOf<T>(random: Random, items: readonly T[], least: number): readonly T[] {
  const left = [...items];
  const count = random.between(Math.min(least, items.length), items.length);
  return Array.from({ length: count }, () => left.splice(random.between(0, left.length - 1), 1)[0] as T);
}

/** Arguments of a field, with the input types that they need. */
export function argumentsFor(draft: Draft, subgraph: string, random: Random): string {
  if (!random.chance(35)) return '';
  const kinds = [
    'a: Int',
    'a: Int = 3, b: String',
    'a: [ID!]!',
    'a: Boolean!',
    'a: Float, tone: Tone = LOUD',
    'by: Sieve',
    'all: [[Sieve!]]',
  ];
  const chosen = random.pick(kinds);
  if (chosen.includes('Tone')) tone(draft, subgraph);
  if (chosen.includes('Sieve')) {
    tone(draft, subgraph);
    draft.type(subgraph, 'Sieve', { keyword: 'input' });
    draft.add(subgraph, 'Sieve', ['mesh: Int = 2', 'grade: Float', 'tones: [Tone!]', 'inner: Sieve']);
  }
  return `(${chosen})`;
}

function tone(draft: Draft, subgraph: string): void {
  draft.type(subgraph, 'Tone', { keyword: 'enum' });
  draft.add(subgraph, 'Tone', ['SOFT', 'LOUD', 'FLAT']);
}

export function wrapped(name: string, random: Random): string {
  return random.pick(wrappings)(name);
}

export function leafLine(draft: Draft, subgraph: string, random: Random): string {
  if (random.chance(10)) {
    tone(draft, subgraph);
    return `${draft.name('tone')}: ${random.pick(['Tone', 'Tone!', '[Tone!]'])}`;
  }
  return `${draft.name('leaf')}${argumentsFor(draft, subgraph, random)}: ${random.pick(leaves)}`;
}

/** Adds a root field for each of some types of the subgraph. */
export function rootField(
  draft: Draft,
  { subgraph, type, random }: { subgraph: string; type: string; random: Random },
): void {
  const args = argumentsFor(draft, subgraph, random);
  draft.add(subgraph, 'Query', [`${draft.name('root')}${args}: ${wrapped(type, random)}`]);
}

/** Entities, each in some of the subgraphs, with fields of their own there. */
export const entities: Part = (draft, random) => {
  const styles = [
    ['id'],
    ['id', 'code'],
    ['zone serial'],
    ['badge { number office { sign } }', 'id'],
    ['id', 'serialNumber'],
    ['id', 'zone serial'],
  ];
  for (let count = random.between(3, 4); count > 0; count -= 1) {
    const keys = random.pick(styles);
    const members = someOf(random, draft.names(), 2);
    const entity: EntityDraft = { name: draft.name('Mill'), keys, members };
    draft.entities.push(entity);
    for (const [index, member] of members.entries()) {
      for (const key of index === 0 ? keys : someOf(random, keys, 1)) draft.key(member, entity.name, key);
      for (let fields = random.between(1, 2); fields > 0; fields -= 1) {
        draft.add(member, entity.name, [leafLine(draft, member, random)]);
      }
      if (index === 0 || random.chance(40)) rootField(draft, { subgraph: member, type: entity.name, random });
    }
    draft.features.add('entities');
    if (keys.length > 1) draft.features.add('several keys');
    if (keys.includes('zone serial')) draft.features.add('composite keys');
    if (keys.some((key) => key.includes('{'))) draft.features.add('nested keys');
    if (keys.includes('serialNumber')) draft.features.add('inaccessible keys');
  }
};

/** Fields from entity to entity, some to entities of which a subgraph only knows a key. */
export const references: Part = (draft, random) => {
  for (const from of draft.entities) {
    for (const member of from.members) {
      if (!random.chance(70)) continue;
      const to = random.pick(draft.entities);
      draft.refer(member, to, random);
      const args = argumentsFor(draft, member, random);
      draft.add(member, from.name, [`${draft.name('link')}${args}: ${wrapped(to.name, random)}`]);
    }
  }
};

/** A field that several subgraphs resolve, not equally sure that it is there. */
export const shareable: Part = (draft, random) => {
  const { name, members } = random.pick(draft.entities);
  const field = draft.name('shared');
  for (const member of someOf(random, members, 2)) {
    draft.add(member, name, [`${field}: ${random.pick(['String', 'String', 'String!'])} @shareable`]);
  }
  draft.features.add('shareable');
};

/** Types without a key that subgraphs describe differently. */
export const valueTypes: Part = (draft, random) => {
  const { name, members } = random.pick(draft.entities);
  const [field, type, unit] = [draft.name('size'), draft.name('Size'), draft.name('Unit')];
  for (const [index, member] of someOf(random, members, 2).entries()) {
    draft.add(member, name, [`${field}: ${random.pick([type, type, `${type}!`])} @shareable`]);
    draft.type(member, type, { directives: ['@shareable'] });
    draft.add(member, type, [`width: ${random.pick(['Int', 'Int!'])}`, 'depth: Int']);
    if (index === 0) continue;
    draft.add(member, type, ['height: Float', `unit: ${unit}`]);
    draft.type(member, unit, { directives: ['@shareable'] });
    draft.add(member, unit, ['label: String', 'marks: [Int!]']);
  }
  draft.features.add('value types that differ');
};

/** Enum values that only some subgraphs know, and one that clients do not. */
export const enums: Part = (draft, random) => {
  const { name, members } = random.pick(draft.entities);
  const [field, type] = [draft.name('shade'), draft.name('Shade')];
  for (const [index, member] of someOf(random, members, 2).entries()) {
    draft.add(member, name, [`${field}: ${random.pick([type, `[${type}!]`].slice(0, 1))} @shareable`]);
    draft.type(member, type, { keyword: 'enum' });
    draft.add(member, type, ['PALE', 'DARK', ...(index > 0 ? ['BRIGHT'] : ['SECRET @inaccessible'])]);
  }
  draft.features.add('enum members that differ');
};

/** Input fields that only some subgraphs know: clients see those that all know. */
export const inputs: Part = (draft, random) => {
  const { name, members } = random.pick(draft.entities);
  const [field, type] = [draft.name('sifted'), draft.name('Filter')];
  for (const [index, member] of someOf(random, members, 2).entries()) {
    draft.add(member, name, [`${field}(by: ${type}${index > 0 ? ', more: Int' : ''}): String @shareable`]);
    draft.type(member, type, { keyword: 'input' });
    draft.add(member, type, ['least: Int', 'most: [Int!] = [1, 2]', ...(index > 0 ? ['extra: String = "none"'] : [])]);
  }
  draft.features.add('input fields that differ');
};

/** A root field that several subgraphs resolve. */
export const sharedRoots: Part = (draft, random) => {
  const { name, members } = random.pick(draft.entities);
  const type = wrapped(name, random);
  const field = draft.name('common');
  for (const member of someOf(random, members, 2)) draft.add(member, 'Query', [`${field}(a: Int): ${type} @shareable`]);
  draft.features.add('shared root fields');
};
