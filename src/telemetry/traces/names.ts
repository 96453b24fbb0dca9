/** Attributes that the semantic conventions have no name for. */
export const weftAttributes = {
  requestId: 'weft.request.id',
  /** What answered: `graphql`, `rest`, `page` or `none`. */
  served: 'weft.served',
  upstream: 'weft.upstream',
  clientName: 'weft.client.name',
  clientVersion: 'weft.client.version',
  consumer: 'weft.consumer',
  tier: 'weft.tier',
  /** What came of the cache: of a REST route on the server span, of an operation on its own. */
  cache: 'weft.cache',
  batchSize: 'weft.batch.size',
  /** True where the trace was not sampled, and is told because it failed or took long. Its upstreams told nothing. */
  sampledLate: 'weft.sampled.late',
  aborted: 'weft.aborted',
  errorCodes: 'weft.error.codes',
  errorUpstreams: 'weft.error.upstreams',
  /** Calls that got no span, as there were too many. */
  untoldCalls: 'weft.calls.untold',
  operationHash: 'weft.operation.hash',
  engine: 'weft.engine',
  estimatedCost: 'weft.cost.estimated',
  actualCost: 'weft.cost.actual',
  callKind: 'weft.call.kind',
  /** `upstream`, `shared`, `cache` or `revalidated`. */
  callSource: 'weft.call.source',
  /** Entities or keys asked for at once. */
  callBatch: 'weft.call.batch',
  /** Until the request went out on a socket, in milliseconds. */
  callWait: 'weft.call.wait_ms',
  /** From then until the answer's headers came, in milliseconds. */
  callFirstByte: 'weft.call.first_byte_ms',
  /** True where the request ended before the call did. */
  callUnfinished: 'weft.call.unfinished',
} as const;

const knownMethods = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);

/**
 * The method as spans may tell it: clients cannot make up further ones.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span | Semantic conventions, HTTP server span}
 */
export function toldMethod(method: string): string {
  return knownMethods.has(method) ? method : '_OTHER';
}

/**
 * A code as spans may tell it. Upstreams bring codes of their own, and what does not look like one may hold anything.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/#error-type | Semantic conventions, error.type}
 */
export function toldCode(code: string): string {
  return /^\w{1,64}$/.test(code) ? code : '_OTHER';
}

/** Names an HTTP span: by its method, and by a target that has no value of a client in it. */
export function nameHttpSpan(method: string, target: string | undefined): string {
  const verb = method === '_OTHER' ? 'HTTP' : method;
  return target === undefined || target === '' ? verb : `${verb} ${target}`;
}

/**
 * Names of operations come from clients, who may make up any number of them, while those who group spans by their name
 * expect few. So only the first names that come are told in the names of spans; an attribute has each.
 */
export class OperationNames {
  readonly #names = new Set<string>();

  /** @see {@link https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/ | Semantic conventions, GraphQL server spans} */
  nameSpan({ type, name }: { readonly type: string; readonly name: string }): string {
    if (name === '') return type;
    if (!this.#names.has(name)) {
      if (this.#names.size >= maxOperationNames || name.length > maxNameLength) return type;
      this.#names.add(name);
    }
    return `${type} ${name}`;
  }
}

const maxOperationNames = 200;
const maxNameLength = 100;
