import type { Random } from '../../../upstreams/demo/random.ts';
import type { Draft, EntityDraft } from './draft.ts';
import { leafLine, rootField, someOf, wrapped, type Part } from './parts.ts';

interface Pair {
  readonly entity: EntityDraft;
  /** Resolves a field. */
  readonly owner: string;
  /** Needs it. */
  readonly other: string;
}

function pairOf({ entities }: Draft, random: Random): Pair {
  const entity = random.pick(entities);
  const [owner = '', other = ''] = someOf(random, entity.members, 2);
  return { entity, owner, other };
}

/** A field that needs another subgraph's field: a leaf, one with arguments, an object, one that needs others in turn. */
export const requires: Part = (draft, random) => {
  const { entity, owner, other } = pairOf(draft, random);
  const { name, members } = entity;
  const input = draft.name('input');
  const output = draft.name('output');
  const style = random.between(0, 2);
  if (style === 0) {
    const type = random.pick(['Int', 'String!', '[Int!]']);
    draft.add(owner, name, [`${input}: ${type}`]);
    draft.add(other, name, [`${input}: ${type} @external`, `${output}: String @requires(fields: "${input}")`]);
  } else if (style === 1) {
    const line = `${input}(unit: String!): Float`;
    draft.add(owner, name, [line]);
    draft.add(other, name, [
      `${line} @external`,
      `${output}: Int @requires(fields: "${input}(unit: \\"ell\\")")`,
      `${draft.name('output')}: Int @requires(fields: "${input}(unit: \\"span\\")")`,
    ]);
    draft.features.add('requires with arguments');
  } else {
    const type = draft.name('Box');
    const wrappedType = random.pick([type, `[${type}!]`]);
    draft.add(owner, name, [`${input}: ${wrappedType}`]);
    draft.add(other, name, [
      `${input}: ${wrappedType} @external`,
      `${output}: [String] @requires(fields: "${input} { wide deep }")`,
    ]);
    for (const subgraph of [owner, other]) {
      draft.type(subgraph, type, { directives: ['@shareable'] });
      draft.add(subgraph, type, ['wide: Int', 'deep: Int']);
    }
  }
  draft.features.add('requires');
  const [third] = members.filter((member) => member !== other);
  if (third === undefined || style === 2 || !random.chance(60)) return;
  const type = style === 0 ? 'String' : 'Int';
  draft.add(third, name, [
    `${output}: ${type} @external`,
    `${draft.name('chained')}: Boolean @requires(fields: "${output}")`,
  ]);
  draft.features.add('chains of requires');
};

/** A field that needs what types of a union have. */
export const requiredFragments: Part = (draft, random) => {
  const { entity, owner, other } = pairOf(draft, random);
  const [field, union, left, right] = [draft.name('rank'), draft.name('Rank'), draft.name('Left'), draft.name('Right')];
  for (const subgraph of [owner, other]) {
    draft.type(subgraph, union, { keyword: 'union' });
    draft.add(subgraph, union, [left, right]);
    for (const type of [left, right]) draft.type(subgraph, type, { directives: ['@shareable'] });
    draft.add(subgraph, left, ['stamp: String']);
    draft.add(subgraph, right, ['level: Int', 'club: String']);
  }
  draft.add(owner, entity.name, [`${field}: ${union}`]);
  draft.add(other, entity.name, [
    `${field}: ${union} @external`,
    `${draft.name('rights')}: String @requires(fields: "${field} { ... on ${left} { stamp } ... on ${right} { level } }")`,
  ]);
  draft.features.add('requires with fragments');
};

/** A field that brings fields along which its subgraph does not resolve elsewhere. */
export const provides: Part = (draft, random) => {
  const { entity, owner, other } = pairOf(draft, random);
  const field = draft.name('given');
  const type = random.pick(['Int', 'String']);
  draft.add(owner, entity.name, [`${field}: ${type} @shareable`]);
  draft.add(other, entity.name, [`${field}: ${type} @external`]);
  const from = draft.entities.find(({ members }) => members.includes(other));
  const line = `${draft.name('brings')}: ${wrapped(entity.name, random)} @provides(fields: "${field}")`;
  draft.add(other, from?.name ?? 'Query', [line]);
  draft.add(other, 'Query', [`${draft.name('brings')}: ${wrapped(entity.name, random)} @provides(fields: "${field}")`]);
  draft.features.add('provides').add('external');
};

/** The same through an interface, or through a union. */
export const providesOnAbstract: Part = (draft, random) => {
  const { entity, owner, other } = pairOf(draft, random);
  const isUnion = random.chance(50);
  const [abstract, plain, field] = [draft.name('Item'), draft.name('Plain'), draft.name('given')];
  draft.add(owner, entity.name, [`${field}: String @shareable`]);
  draft.add(other, entity.name, [`${field}: String @external`]);
  draft.add(other, plain, [`${draft.name('leaf')}: Int`]);
  if (isUnion) {
    draft.type(other, abstract, { keyword: 'union' });
    draft.add(other, abstract, [entity.name, plain]);
  } else {
    const common = draft.name('mark');
    draft.type(other, abstract, { keyword: 'interface' });
    draft.add(other, abstract, [`${common}: Int`]);
    for (const type of [entity.name, plain]) {
      draft.type(other, type, { interfaces: [abstract] });
      draft.add(other, type, [`${common}: Int`]);
    }
  }
  const type = wrapped(abstract, random);
  draft.add(other, 'Query', [
    `${draft.name('brings')}: ${type} @provides(fields: "... on ${entity.name} { ${field} }")`,
  ]);
  draft.features.add(isUnion ? 'provides on a union' : 'provides on an interface');
};

/** A field that moves from one subgraph to another. */
export const override: Part = (draft, random) => {
  const { entity, owner, other } = pairOf(draft, random);
  const field = draft.name('moved');
  draft.add(owner, entity.name, [`${field}: Int`]);
  draft.add(other, entity.name, [`${field}: Int @override(from: "${owner}")`]);
  draft.features.add('override');
};

/** A field that may move, but does not as long as nobody sets the label. */
export const progressiveOverride: Part = (draft, random) => {
  const { entity, owner, other } = pairOf(draft, random);
  const field = draft.name('moving');
  draft.add(owner, entity.name, [`${field}: String`]);
  const label = random.pick(['percent(0)', 'beta']);
  draft.add(other, entity.name, [`${field}: String @override(from: "${owner}", label: "${label}")`]);
  draft.features.add('progressive override');
};

/** Fields and arguments that clients do not see, some of which others need. */
export const inaccessible: Part = (draft, random) => {
  const { entity, owner, other } = pairOf(draft, random);
  const hidden = draft.name('hidden');
  draft.add(owner, entity.name, [
    `${hidden}: Int @inaccessible`,
    `${draft.name('half')}(a: Int, b: Int @inaccessible): String`,
  ]);
  draft.add(other, entity.name, [
    `${hidden}: Int @external`,
    `${draft.name('output')}: String @requires(fields: "${hidden}")`,
    leafLine(draft, other, random),
  ]);
  rootField(draft, { subgraph: other, type: entity.name, random });
  draft.features.add('inaccessible');
};
