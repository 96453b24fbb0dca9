import { parse } from 'yaml';
import { GatewayError } from '../../../errors.ts';
import { readPath } from '../../../lib/read-path.ts';

/** An OpenAPI 3 document as it was written: `$ref`s are followed when something behind them is asked for. */
export interface OpenApiDocument {
  /** For messages. */
  readonly file: string;
  readonly root: Readonly<Record<string, unknown>>;
}

type Node = Readonly<Record<string, unknown>>;

/**
 * Reads an OpenAPI document, YAML or JSON. Pure.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for text that is neither, and for anything but OpenAPI 3.x.
 */
export function readOpenApi(text: string, file: string): OpenApiDocument {
  let root: unknown;
  try {
    root = parse(text);
  } catch (cause) {
    throw new GatewayError('CONFIGURATION_INVALID', `${file}: ${(cause as Error).message}`, { cause });
  }
  const version = isNode(root) ? (root['openapi'] ?? root['swagger']) : undefined;
  if (!isNode(root) || typeof root['openapi'] !== 'string' || !root['openapi'].startsWith('3.')) {
    const found = version === undefined ? 'missing' : JSON.stringify(version);
    throw new GatewayError(
      'CONFIGURATION_INVALID',
      `${file}: expected an OpenAPI 3.x document, but its version is ${found}`,
    );
  }
  return { file, root };
}

/** One operation of a document. */
export interface ApiOperation {
  readonly query: readonly { readonly name: string; readonly isRequired: boolean }[];
  readonly body: 'none' | 'optional' | 'required';
  /** JSON schemas of the first success response; `undefined` where it has no JSON body. */
  readonly answer: ApiSchema | undefined;
}

/**
 * The operation that a call means: names of path parameters do not matter.
 *
 * @returns `undefined` where the document has none.
 */
export function findOperation(document: OpenApiDocument, method: string, path: string): ApiOperation | undefined {
  const paths = at(document, document.root, ['paths']);
  const [, item] = Object.entries(paths ?? {}).find(([candidate]) => anonymous(candidate) === anonymous(path)) ?? [];
  const pathItem = follow(document, item);
  const operation = at(document, pathItem, [method.toLowerCase()]);
  if (!operation) return undefined;
  const parameters = [...listAt(document, pathItem, 'parameters'), ...listAt(document, operation, 'parameters')];
  const requestBody = at(document, operation, ['requestBody']);
  return {
    query: parameters
      .filter((parameter) => parameter['in'] === 'query')
      .map((parameter) => ({ name: String(parameter['name']), isRequired: parameter['required'] === true })),
    body: requestBody ? (requestBody['required'] === true ? 'required' : 'optional') : 'none',
    answer: answerOf(document, operation),
  };
}

function anonymous(path: string): string {
  return path.replace(/\{[^{}]*\}/g, '{}');
}

function answerOf(document: OpenApiDocument, operation: Node): ApiSchema | undefined {
  const responses = at(document, operation, ['responses']) ?? {};
  const statuses = Object.keys(responses).filter((status) => /^2(\d\d|XX)$/.test(status));
  for (const status of statuses.toSorted()) {
    const content = at(document, responses, [status, 'content']) ?? {};
    const type = Object.keys(content).find((media) => /[/+]json\b/.test(media));
    const schema = type === undefined ? undefined : at(document, content, [type, 'schema']);
    if (schema) return new ApiSchema(document, [schema]);
  }
  return undefined;
}

/** What may stand at one place of a body: one of several JSON schemas. */
export class ApiSchema {
  readonly #document: OpenApiDocument;
  readonly #alternatives: readonly Node[];

  constructor(document: OpenApiDocument, alternatives: readonly Node[]) {
    this.#document = document;
    this.#alternatives = [...new Set(alternatives.flatMap((schema) => [...flatten(document, schema)]))];
  }

  /** Whether the document leaves open what stands here. */
  get isOpen(): boolean {
    return this.#alternatives.some(
      (schema) =>
        !['type', 'properties', 'items', 'allOf', 'anyOf', 'oneOf', 'enum', 'const'].some((word) => word in schema) ||
        (schema['additionalProperties'] !== undefined && schema['additionalProperties'] !== false) ||
        (schema['type'] === 'object' && !('properties' in schema)),
    );
  }

  /** The schema of a property; `undefined` where no alternative has it. */
  property(name: string): ApiSchema | undefined {
    return this.#step((schema) => {
      const properties = follow(this.#document, schema['properties']);
      return properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
    });
  }

  /** The schema of a list's items; `undefined` where no alternative is a list. */
  items(): ApiSchema | undefined {
    return this.#step((schema) => schema['items'] ?? (schema['type'] === 'array' ? {} : undefined));
  }

  #step(take: (schema: Node) => unknown): ApiSchema | undefined {
    const found = this.#alternatives.flatMap((schema): readonly Node[] => {
      const next = take(schema);
      const node = next === true ? {} : follow(this.#document, next);
      return node ? [node] : [];
    });
    return found.length === 0 ? undefined : new ApiSchema(this.#document, found);
  }
}

/** A schema and all that it combines, without those that only say null. */
function* flatten(document: OpenApiDocument, schema: Node, seen = new Set<Node>()): Iterable<Node> {
  if (seen.has(schema)) return;
  seen.add(schema);
  const combined = ['allOf', 'anyOf', 'oneOf'].flatMap((word) => listAt(document, schema, word));
  if (combined.length === 0 || 'properties' in schema || 'items' in schema) {
    if (schema['type'] !== 'null') yield schema;
  }
  for (const part of combined) yield* flatten(document, part, seen);
}

function at(document: OpenApiDocument, node: Node | undefined, path: readonly string[]): Node | undefined {
  let found = node;
  for (const name of path) found = found && Object.hasOwn(found, name) ? follow(document, found[name]) : undefined;
  return found;
}

function listAt(document: OpenApiDocument, node: Node | undefined, name: string): Node[] {
  const list = node?.[name];
  return (Array.isArray(list) ? list : []).map((item) => follow(document, item)).filter((item) => item !== undefined);
}

/** The object that stands here or where its `$ref` leads: a JSON pointer into the same document (RFC 6901). */
function follow({ root }: OpenApiDocument, node: unknown): Node | undefined {
  const seen = new Set<unknown>();
  let found = node;
  while (isNode(found) && typeof found['$ref'] === 'string') {
    if (seen.has(found) || !found['$ref'].startsWith('#/')) return {};
    seen.add(found);
    const path = found['$ref'].slice(2).split('/');
    found = readPath(root, path.map(unescaped));
  }
  return isNode(found) ? found : undefined;
}

/** Parts of a pointer in a URI fragment: percent-encoded, then `~1` for `/` and `~0` for `~`. */
function unescaped(part: string): string {
  return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
