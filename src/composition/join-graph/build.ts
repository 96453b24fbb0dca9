import { Kind, type DocumentNode, type TypeDefinitionNode } from 'graphql';
import { directiveArguments, textOf, type DirectiveArguments } from './directives.ts';
import { parseFieldSet } from './field-set.ts';
import { readFields } from './read-fields.ts';
import { kindOf, readDefinitions, upstreamsOf, type Reading } from './read-types.ts';
import type { JoinGraph, JoinType, Key, TypeInUpstream } from './types.ts';

/**
 * A supergraph's join graph. Reads join v0.1 to v0.5; what clients may see (`@inaccessible`) is not its concern, since
 * upstreams may be asked for anything. Pure.
 *
 * @throws {GatewayError} `COMPOSITION_FAILED` where the document names no upstreams.
 * @see {@link https://specs.apollo.dev/join/v0.5/ | join v0.5}
 */
export function buildJoinGraph(supergraph: DocumentNode): JoinGraph {
  const reading = readDefinitions(supergraph);
  const types = new Map([...reading.nodes].map(([name, node]) => [name, readType(node, reading)]));
  return { upstreams: reading.upstreams, roots: reading.roots, types };
}

function readType(node: TypeDefinitionNode, reading: Reading): JoinType {
  const name = node.name.value;
  const kind = kindOf(node);
  const isOutput = kind === 'object' || kind === 'interface';
  return {
    kind,
    name,
    fields: isOutput ? readFields(node, reading) : new Map(),
    interfaces: 'interfaces' in node ? (node.interfaces ?? []).map((implemented) => implemented.name.value) : [],
    possible: reading.possible.get(name)?.possible ?? [],
    upstreams: new Map(upstreamsOf(node, reading).map((index) => [index, typeInUpstream(node, index, reading)])),
  };
}

function typeInUpstream(node: TypeDefinitionNode, index: number, reading: Reading): TypeInUpstream {
  const joins = directiveArguments(node, 'join__type').filter((values) => indexIn(values, reading) === index);
  const isInterfaceObject = joins.some((values) => values['isInterfaceObject'] === true);
  return {
    isInterfaceObject,
    keys: joins.flatMap((values) => keyOf(node.name.value, values, reading)),
    possible: isInterfaceObject ? [] : possibleIn(node, index, reading),
  };
}

function keyOf(type: string, values: DirectiveArguments, reading: Reading): readonly Key[] {
  const text = textOf(values, 'key');
  if (text === undefined) return [];
  return [{ text, resolvable: values['resolvable'] !== false, fields: parseFieldSet(text, type, reading) }];
}

function possibleIn(node: TypeDefinitionNode, index: number, reading: Reading): readonly string[] {
  const name = node.name.value;
  const all = reading.possible.get(name)?.possible ?? [];
  if (node.kind === Kind.UNION_TYPE_DEFINITION) {
    const members = directiveArguments(node, 'join__unionMember');
    if (members.length === 0) return all.filter((type) => isDefinedIn(type, index, reading));
    const here = members
      .filter((values) => indexIn(values, reading) === index)
      .map((values) => textOf(values, 'member'));
    return all.filter((type) => here.includes(type));
  }
  if (node.kind === Kind.INTERFACE_TYPE_DEFINITION)
    return all.filter((type) => implementsIn(type, name, { index, reading }));
  return all;
}

function implementsIn(type: string, name: string, { index, reading }: { index: number; reading: Reading }): boolean {
  const node = reading.nodes.get(type);
  const joins = node ? directiveArguments(node, 'join__implements') : [];
  if (joins.length === 0) return isDefinedIn(type, index, reading);
  return joins.some((values) => indexIn(values, reading) === index && values['interface'] === name);
}

function isDefinedIn(type: string, index: number, reading: Reading): boolean {
  const node = reading.nodes.get(type);
  return node !== undefined && upstreamsOf(node, reading).includes(index);
}

function indexIn(values: DirectiveArguments, reading: Reading): number | undefined {
  return reading.indexOf.get(textOf(values, 'graph') ?? '');
}
