import { setImmediate as nextTurn } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import { GraphQLError, isExecutableDefinitionNode, Kind, parse } from 'graphql';
import { readJson } from '../lib/read-json.ts';
import { knownText, sha256, type KnownText } from './normal-form.ts';

/** Manifests: JSON that leads from ids to the texts of operations, as Apollo and Relay write it, or as a plain list. */

export interface ManifestOperation {
  readonly id: string;
  readonly known: KnownText;
}

interface RawOperation {
  readonly id: string;
  readonly text: string;
  /** Where the text stands in the manifest, for messages. */
  readonly place: string;
}

export const apolloFormat = 'apollo-persisted-query-manifest';

/**
 * The operations of a manifest, whose format its content tells. Members that are not known are passed over, so that a newer
 * writer's manifest can be read; `clientName` of Apollo's is one of them: an operation is known to all clients.
 *
 * @param former What is known already of a text: it is not parsed again.
 * @throws {TypeError | SyntaxError} that says what is wrong and where.
 */
export async function readManifest(
  text: string,
  former: (text: string) => KnownText | undefined,
): Promise<readonly ManifestOperation[]> {
  const operations: ManifestOperation[] = [];
  let turnEndsAt = performance.now() + turnMs;
  for (const { id, text: body, place } of rawOperations(readJson(text))) {
    operations.push({ id, known: former(body) ?? checkText(body, place) });
    if (performance.now() < turnEndsAt) continue;
    await nextTurn();
    turnEndsAt = performance.now() + turnMs;
  }
  const twice = findClash(operations);
  if (twice !== undefined) throw new TypeError(`expected one text for each id, but got several for: ${twice}`);
  return operations;
}

/** Thousands of operations take seconds to parse: requests must go on meanwhile. */
const turnMs = 5;

/** The first id that has texts that differ in more than their white space. */
export function findClash(operations: Iterable<ManifestOperation>): string | undefined {
  const normals = new Map<string, string>();
  for (const { id, known } of operations) {
    const former = normals.get(id);
    if (former !== undefined && former !== known.normal) return id;
    normals.set(id, known.normal);
  }
  return undefined;
}

function rawOperations(value: unknown): readonly RawOperation[] {
  if (Array.isArray(value)) return value.map((entry, index) => plainOperation(entry, `[${index}]`));
  const manifest = readMap(value, 'the manifest', 'an object or a list');
  // An id of Relay's may be any text, but no operation's text is a list.
  const isApollo = manifest['format'] === apolloFormat || Array.isArray(manifest['operations']);
  return isApollo ? apolloOperations(manifest) : relayOperations(manifest);
}

/** @see {@link https://www.apollographql.com/docs/graphos/platform/security/persisted-queries | Persisted query manifest} */
function apolloOperations({ format, version, operations }: Readonly<Record<string, unknown>>): readonly RawOperation[] {
  if (format !== apolloFormat) {
    throw new TypeError(`format: expected "${apolloFormat}", but got: ${describe(format)}`);
  }
  if (version !== 1) throw new TypeError(`version: expected 1, but got: ${describe(version)}`);
  if (!Array.isArray(operations)) throw new TypeError(`operations: expected a list, but got: ${describe(operations)}`);
  return operations.map((value: unknown, index) => {
    const place = `operations[${index}]`;
    const { id, body } = readMap(value, place, 'an object');
    return { id: readText(id, `${place}.id`), text: readText(body, `${place}.body`), place: `${place}.body` };
  });
}

function relayOperations(manifest: Readonly<Record<string, unknown>>): readonly RawOperation[] {
  return Object.entries(manifest).map(([id, text]) => {
    const place = JSON.stringify(id);
    return { id: readText(id, 'an id'), text: readText(text, place), place };
  });
}

const textMembers = ['document', 'body', 'text'] as const;

function plainOperation(value: unknown, place: string): RawOperation {
  const operation = readMap(value, place, 'an object');
  const given = textMembers.filter((name) => operation[name] !== undefined);
  const [member] = given;
  if (member === undefined || given.length > 1) {
    const came = given.length === 0 ? 'none' : given.join(' and ');
    throw new TypeError(`${place}: expected one of the members document, body and text, but got: ${came}`);
  }
  const text = readText(operation[member], `${place}.${member}`);
  const id = operation['id'] === undefined ? sha256(text) : readText(operation['id'], `${place}.id`);
  return { id, text, place: `${place}.${member}` };
}

function checkText(text: string, place: string): KnownText {
  try {
    // Names of types and fields may change under a manifest; what is no operation at all never was one.
    const { definitions } = parse(text, { noLocation: true });
    const wrong = definitions.find((node) => !isExecutableDefinitionNode(node));
    if (wrong) throw new TypeError(`${place}: expected operations and fragments, but got: ${wrong.kind}`);
    if (!definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) {
      throw new TypeError(`${place}: expected an operation, but got fragments alone`);
    }
    return knownText(text);
  } catch (cause) {
    if (!(cause instanceof GraphQLError)) throw cause;
    const [at] = cause.locations ?? [];
    const where = at === undefined ? '' : ` (line ${at.line}, column ${at.column} of it)`;
    throw new TypeError(`${place}: expected GraphQL, but got: ${cause.message}${where}`, { cause });
  }
}

function readMap(value: unknown, place: string, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new TypeError(`${place}: expected ${expected}, but got: ${describe(value)}`);
}

function readText(value: unknown, place: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new TypeError(`${place}: expected a text, but got: ${value === '' ? 'an empty one' : describe(value)}`);
}

const mostShown = 60;

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length <= mostShown ? text : `${text.slice(0, mostShown)}...`;
}
