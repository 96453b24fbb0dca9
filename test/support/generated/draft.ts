import type { Random } from '../../../upstreams/demo/random.ts';
import type { SubgraphText } from './rig.ts';

/** One type of a subgraph that is being written. */
interface TypeDraft {
  /** `type`, `interface`, `enum`, `input` or `union`. */
  readonly keyword: string;
  readonly interfaces: Set<string>;
  readonly directives: Set<string>;
  /** Field, value or member lines by name. */
  readonly lines: Map<string, string>;
}

interface SubgraphDraft {
  readonly isFederation1: boolean;
  readonly types: Map<string, TypeDraft>;
}

/** An entity type, as the parts of a graph refer to it. */
export interface EntityDraft {
  readonly name: string;
  /** Keys that its home resolves; every other member has at least one of them. */
  readonly keys: readonly string[];
  /** Subgraphs that have the type with a resolvable key; the first is its home. */
  readonly members: readonly string[];
}

const imports = [
  'key',
  'requires',
  'provides',
  'external',
  'shareable',
  'override',
  'inaccessible',
  'interfaceObject',
  'extends',
];

const keyLines: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  id: { id: 'id: ID!' },
  code: { code: 'code: String!' },
  'zone serial': { zone: 'zone: Int!', serial: 'serial: ID!' },
  'badge { number office { sign } }': { badge: 'badge: Badge!' },
  serialNumber: { serialNumber: 'serialNumber: Int! @inaccessible' },
};

/** Subgraphs in the making. Names are numbered, so that parts do not get in each other's way. */
export class Draft {
  readonly subgraphs = new Map<string, SubgraphDraft>();
  readonly entities: EntityDraft[] = [];
  readonly features = new Set<string>();
  #count = 0;

  copy(): Draft {
    const copy = new Draft();
    for (const [name, { isFederation1, types }] of this.subgraphs) {
      copy.subgraphs.set(name, {
        isFederation1,
        types: new Map(
          [...types].map(([type, { keyword, interfaces, directives, lines }]) => [
            type,
            { keyword, interfaces: new Set(interfaces), directives: new Set(directives), lines: new Map(lines) },
          ]),
        ),
      });
    }
    copy.entities.push(...this.entities);
    for (const feature of this.features) copy.features.add(feature);
    copy.#count = this.#count;
    return copy;
  }

  addSubgraph(name: string, isFederation1 = false): void {
    this.subgraphs.set(name, { isFederation1, types: new Map() });
  }

  /** Names of the Federation 2 subgraphs. */
  names(): readonly string[] {
    return [...this.subgraphs].flatMap(([name, { isFederation1 }]) => (isFederation1 ? [] : [name]));
  }

  name(start: string): string {
    this.#count += 1;
    return `${start}${this.#count}`;
  }

  type(subgraph: string, name: string, { keyword = 'type', directives = [], interfaces = [] }: TypeParts = {}): void {
    const types = this.subgraphs.get(subgraph)?.types;
    const known = types?.get(name) ?? { keyword, interfaces: new Set(), directives: new Set(), lines: new Map() };
    for (const directive of directives) known.directives.add(directive);
    for (const each of interfaces) known.interfaces.add(each);
    types?.set(name, known);
  }

  /** Adds fields, values or members to a type, which is made where it does not stand yet. */
  add(subgraph: string, type: string, lines: readonly string[]): void {
    this.type(subgraph, type);
    const known = this.subgraphs.get(subgraph)?.types.get(type)?.lines;
    for (const line of lines) known?.set(/^\w+/.exec(line)?.[0] ?? line, line);
  }

  /** A key of an entity with its fields; a nested one brings its types along. */
  key(subgraph: string, type: string, key: string, options = ''): void {
    this.type(subgraph, type, { directives: [`@key(fields: "${key}"${options})`] });
    for (const [name, line] of Object.entries(keyLines[key] ?? {})) {
      if (!this.subgraphs.get(subgraph)?.types.get(type)?.lines.has(name)) this.add(subgraph, type, [line]);
    }
    if (!key.startsWith('badge')) return;
    this.type(subgraph, 'Badge', { directives: ['@shareable'] });
    this.add(subgraph, 'Badge', ['number: Int!', 'office: Office!']);
    this.type(subgraph, 'Office', { directives: ['@shareable'] });
    this.add(subgraph, 'Office', ['sign: ID!']);
  }

  /** Makes sure that a subgraph can refer to an entity: as a member, or by a key that it does not resolve. */
  refer(subgraph: string, { name, keys }: EntityDraft, random: Random): void {
    if (this.subgraphs.get(subgraph)?.types.has(name)) return;
    this.key(subgraph, name, random.pick(keys), ', resolvable: false');
    this.features.add('non-resolvable keys');
  }

  texts(): readonly SubgraphText[] {
    return [...this.subgraphs].map(([name, draft]) => ({ name, sdl: print(draft) }));
  }
}

interface TypeParts {
  readonly keyword?: string;
  readonly directives?: readonly string[];
  readonly interfaces?: readonly string[];
}

function print({ isFederation1, types }: SubgraphDraft): string {
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: [${imports.map((name) => `"@${name}"`).join(', ')}])`;
  const definitions = [...types].map(([name, { keyword, interfaces, directives, lines }]) => {
    const head = [
      keyword,
      name,
      ...(interfaces.size > 0 ? [`implements ${[...interfaces].join(' & ')}`] : []),
      ...directives,
    ].join(' ');
    const body = [...lines.values()];
    return keyword === 'union'
      ? `${head} = ${body.join(' | ')}`
      : `${head} {\n${body.map((line) => `  ${line}\n`).join('')}}`;
  });
  return [...(isFederation1 ? [] : [link]), ...definitions].join('\n\n');
}
