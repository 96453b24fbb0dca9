import { argumentsFor, leafLine, rootField, someOf, wrapped, type Part } from './parts.ts';

/** An interface with a key, whose types are in each subgraph that has it; one subgraph may have it as an object. */
export const entityInterfaces: Part = (draft, random) => {
  const [media, book, film, reel] = [draft.name('Media'), draft.name('Book'), draft.name('Film'), draft.name('Reel')];
  const [home = '', second = '', third = ''] = someOf(random, draft.names(), 3);
  const types = random.chance(50) ? [book, film] : [book, film, reel];
  for (const subgraph of [home, second]) {
    const shared = draft.name('title');
    draft.type(subgraph, media, { keyword: 'interface', directives: ['@key(fields: "id")'] });
    draft.add(subgraph, media, ['id: ID!', `${shared}: ${random.pick(['String', 'Int!'])}`]);
    const line = [...(draft.subgraphs.get(subgraph)?.types.get(media)?.lines.values() ?? [])].at(-1) ?? '';
    for (const type of types) {
      draft.type(subgraph, type, { directives: ['@key(fields: "id")'], interfaces: [media] });
      draft.add(subgraph, type, ['id: ID!', line]);
      if (random.chance(60)) draft.add(subgraph, type, [leafLine(draft, subgraph, random)]);
    }
    rootField(draft, { subgraph, type: media, random });
  }
  draft.features.add('entity interfaces');
  if (third === '' || !random.chance(80)) return;
  const stars = draft.name('stars');
  draft.type(third, media, { directives: ['@key(fields: "id")', '@interfaceObject'] });
  draft.add(third, media, ['id: ID!', `${stars}${argumentsFor(draft, third, random)}: Int`]);
  const other = draft.entities.find(({ members }) => members.includes(third));
  if (other) draft.add(third, media, [`${draft.name('near')}: ${wrapped(other.name, random)}`]);
  if (other) draft.add(third, other.name, [`${draft.name('shown')}: ${random.pick([media, `[${media}!]`])}`]);
  rootField(draft, { subgraph: third, type: media, random });
  draft.features.add('interface objects');
};

/** Unions of which subgraphs know different members. */
export const unions: Part = (draft, random) => {
  const [first = '', second = ''] = someOf(random, draft.names(), 2);
  const [union, plain] = [draft.name('Found'), draft.name('Plain')];
  const field = draft.name('find');
  const type = wrapped(union, random);
  const [one, other] = [random.pick(draft.entities), random.pick(draft.entities)];
  for (const [index, subgraph] of [first, second].entries()) {
    draft.type(subgraph, union, { keyword: 'union' });
    draft.refer(subgraph, one, random);
    draft.add(subgraph, union, [one.name, plain]);
    draft.type(subgraph, plain, { directives: ['@shareable'] });
    draft.add(subgraph, plain, ['note: String', 'size: Int']);
    draft.add(subgraph, 'Query', [`${field}: ${type} @shareable`]);
    if (index === 0) continue;
    draft.refer(subgraph, other, random);
    draft.add(subgraph, union, [other.name]);
    rootField(draft, { subgraph, type: union, random });
  }
  draft.features.add('union members that differ');
};

/** An interface that entities implement, not the same ones in every subgraph, and whose fields come from elsewhere. */
export const interfaces: Part = (draft, random) => {
  const [abstract, field] = [draft.name('Named'), draft.name('label')];
  const chosen = someOf(random, draft.entities, 2).slice(0, 3);
  const home = chosen[0]?.members[0] ?? '';
  const keyed = chosen.filter(({ members }) => members.length > 0);
  draft.type(home, abstract, { keyword: 'interface' });
  draft.add(home, abstract, [`${field}: String`]);
  for (const [index, entity] of keyed.entries()) {
    draft.refer(home, entity, random);
    draft.type(home, entity.name, { interfaces: [abstract] });
    const owner = entity.members.find((member) => member !== home) ?? home;
    // One of them has the field in another subgraph, so that the interface's field has to be asked type by type.
    if (index > 0 && owner !== home && entity.members.includes(home)) {
      draft.add(home, entity.name, [`${field}: String @external`]);
      draft.add(owner, entity.name, [`${field}: String @shareable`]);
    } else draft.add(home, entity.name, [`${field}: String @shareable`]);
  }
  rootField(draft, { subgraph: home, type: abstract, random });
  draft.add(home, chosen[0]?.name ?? 'Query', [
    `${draft.name('peers')}: ${random.pick([`[${abstract}!]!`, `[[${abstract}]]`, abstract])}`,
  ]);
  draft.features.add('interfaces');
};

/** A subgraph of Federation 1, which extends entities of others. */
export const federation1: Part = (draft, random) => {
  const name = 'willow';
  draft.addSubgraph(name, true);
  const entity = draft.entities.find(({ keys }) => keys.includes('id')) ?? random.pick(draft.entities);
  draft.type(name, entity.name, { keyword: 'extend type', directives: ['@key(fields: "id")'] });
  const [tag, own, needed] = [draft.name('tag'), draft.name('Willow'), draft.name('needed')];
  draft.add(entity.members[0] ?? '', entity.name, [`${needed}: Int @shareable`]);
  draft.add(name, entity.name, [
    'id: ID! @external',
    `${needed}: Int @external`,
    `${tag}: String @requires(fields: "${needed}")`,
    leafLine(draft, name, random),
  ]);
  draft.type(name, own, { directives: ['@key(fields: "id")'] });
  draft.add(name, own, [
    'id: ID!',
    leafLine(draft, name, random),
    `near: ${wrapped(entity.name, random)} @provides(fields: "${needed}")`,
  ]);
  draft.add(name, 'Query', [`${draft.name('root')}: ${wrapped(own, random)}`]);
  draft.features.add('federation 1');
};

/** Mutations of several subgraphs, and a payload that leads back to the query root. */
export const mutations: Part = (draft, random) => {
  for (const subgraph of someOf(random, draft.names(), 2)) {
    const entity = random.pick(draft.entities);
    draft.refer(subgraph, entity, random);
    draft.add(subgraph, 'Mutation', [
      `${draft.name('set')}${argumentsFor(draft, subgraph, random)}: ${wrapped(entity.name, random)}`,
      `${draft.name('set')}(a: Int!, b: String = "b"): Int`,
    ]);
    const payload = draft.name('Payload');
    draft.add(subgraph, payload, ['done: Boolean!', `what: ${entity.name}`]);
    draft.add(subgraph, 'Mutation', [`${draft.name('set')}: ${wrapped(payload, random)}`]);
  }
  draft.features.add('mutations');
};
