import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphQLError, parse, type ExecutionResult, type GraphQLArgument, type GraphQLSchema } from 'graphql';
import { assemble } from '../../../src/assembly/assemble.ts';
import { loadSchemas } from '../../../src/assembly/load-schemas.ts';
import { openUpstreams } from '../../../src/assembly/open-upstreams.ts';
import { loadResolvers } from '../../../src/assembly/resolvers.ts';
import { createCompiledEngine } from '../../../src/compiled/engine.ts';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { GatewayError } from '../../../src/errors.ts';
import { executeStitched } from '../../../src/stitched/execute.ts';
import { stitch } from '../../../src/stitched/schema.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';
import type { Facade } from '../../../src/upstream/types.ts';
import type { Random } from '../../../upstreams/demo/random.ts';
import { demoFolder } from '../start-gateway.ts';
import type { EngineName } from './cases.ts';
import type { GeneratedOperation } from './operation.ts';

/** The demo's gateway without its server: both engines over the demo's own facades and stand-in upstreams. */
export interface DemoRig {
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly upstreams: readonly string[];
  readonly run: (engine: EngineName, operation: GeneratedOperation) => Promise<ExecutionResult>;
  /** How many operations the compiled engine has run stitched. */
  readonly declined: () => number;
  /** Makes every call to one upstream fail until it is called without a name. */
  readonly breakDown: (upstream?: string) => void;
  readonly close: () => Promise<void>;
}

export async function startDemoRig(): Promise<DemoRig> {
  const stateDir = await mkdtemp(join(tmpdir(), 'weft-test-'));
  const folder = await loadGatewayFolder(demoFolder, {}, { port: 0 });
  const upstreams = folder.upstreams.map((upstream) => ({ ...upstream, pollMs: 0 }));
  const opened = await openUpstreams(upstreams);
  const resolvers = await loadResolvers(folder.resolvers);
  const schemas = new Map(await loadSchemas(opened.byName, { ...folder.gateway, stateDir }));
  const assembly = await assemble({ folder: { ...folder, upstreams }, upstreams: opened.byName, resolvers, schemas });
  const down = { upstream: '' };
  const facades = new Map([...assembly.facades].map(([name, facade]) => [name, breakable(facade, down)]));
  const supergraph = parse(assembly.supergraph);
  const schema = stitch(supergraph, facades);
  const engine = createCompiledEngine({ supergraph, facades, schema });
  return {
    schema,
    upstreams: [...facades.keys()],
    run: async (name, { document, variables }) => {
      const scope = createRequestScope({ headers: {}, signal: new AbortController().signal, responseHeaderRules: {} });
      const execute = name === 'compiled' ? engine.execute : executeStitched;
      return execute({ schema, document, variableValues: variables, contextValue: { scope } });
    },
    declined: () => engine.counts().stitched,
    breakDown: (upstream = '') => {
      down.upstream = upstream;
    },
    close: async () => {
      await opened.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

function breakable(facade: Facade, down: { readonly upstream: string }): Facade {
  const { name } = facade;
  const error = new GatewayError('UPSTREAM_UNREACHABLE', `${name} is down`, { upstream: name });
  return {
    ...facade,
    execute: async (request) =>
      down.upstream === name
        ? { errors: [new GraphQLError(error.message, { originalError: error })] }
        : facade.execute(request),
    prepare: (text) => {
      const prepared = facade.prepare(text);
      return async (variables, scope) =>
        down.upstream === name ? { data: null, errors: [{ error }] } : prepared(variables, scope);
    },
  };
}

const highestIds: Readonly<Record<string, number>> = { user: 200, dashboard: 200, order: 5000, review: 20_000 };

/** Arguments that find something mostly, and short lists. */
export function demoLiteral({ name }: GraphQLArgument, field: string, random: Random): string | undefined {
  const highest = highestIds[field] ?? 1000;
  // A dashboard is made for any id.
  const unknown = field === 'dashboard' ? 0 : Math.ceil(highest / 10);
  const id = (): string => JSON.stringify(String(random.between(1, highest + unknown)));
  switch (name) {
    case 'id':
    case 'userId':
      return id();
    case 'ids':
      return `[${Array.from({ length: random.between(0, 4) }, id).join(', ')}]`;
    case 'first':
    case 'limit':
      return String(random.between(1, 3));
    case 'page':
      return String(random.between(1, 11));
    case 'text':
      return JSON.stringify(random.pick(['tent', 'kit', 'garden', 'zzz']));
    default:
      return undefined;
  }
}
