import type { DocumentNode, GraphQLField, GraphQLObjectType } from 'graphql';
import { readPath } from '../../lib/read-path.ts';
import type { Facade } from '../types.ts';
import { buildExecutable } from './executable.ts';
import type { FieldResolver } from './executable.ts';
import { prepareByExecute } from './prepare.ts';
import { fieldContext } from './rest/field-context.ts';
import { runFunction } from './rest/fillings.ts';
import { readDeclarations } from './rest/read-declarations.ts';
import type { ResolverExports } from './rest/read-declarations.ts';
import { declared } from './rest/types.ts';
import type { Filler } from './rest/types.ts';

/**
 * What the gateway itself contributes, as a federation subgraph: fields filled by the functions of `resolvers/gateway`,
 * and else by the property of their name. It calls upstreams only through their facades.
 */

export interface LocalFacadeOptions {
  /** Source schema of what the gateway fills itself. */
  readonly sdl: DocumentNode;
  /** Exports of `resolvers/gateway`. */
  readonly declarations: ResolverExports;
  /** Upstreams by name, for resolver functions; read when a function asks. */
  readonly upstreams: Readonly<Record<string, Facade>>;
}

const name = 'gateway';

/**
 * Makes the gateway's own facade.
 *
 * @throws {TypeError} when an export is no declaration, or one that needs an upstream's resolvers file.
 */
export function createLocalFacade({ sdl, declarations, upstreams }: LocalFacadeOptions): Facade {
  const types = readDeclarations(declarations);
  const resolverOf = (type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): FieldResolver => {
    const fields = types.get(type.name)?.fields ?? {};
    const filler = Object.hasOwn(fields, field.name) ? fields[field.name] : undefined;
    const coordinate = `${type.name}.${field.name}`;
    if (typeof filler === 'function') {
      return (parent, args, { scope }) =>
        runFunction(
          () =>
            filler(
              parent ?? {},
              args,
              fieldContext(scope, (upstream) => upstreams[upstream]),
            ),
          {
            upstream: name,
            coordinate,
          },
        );
    }
    return readerOf(filler ?? field.name, coordinate);
  };
  const executable = buildExecutable({
    name,
    sdl,
    resolverOf,
    entity: ({ representation }) => representation,
    typenameOf: (value) => {
      const typename = readPath(value, ['__typename']);
      return typeof typename === 'string' ? typename : undefined;
    },
    unknownError: 'INTERNAL_ERROR',
  });
  return {
    name,
    kind: 'local',
    execute: executable.run,
    prepare: prepareByExecute(executable.run),
    close: async () => {},
  };
}

function readerOf(filler: Exclude<Filler | string, Function>, coordinate: string): FieldResolver {
  if (typeof filler === 'string') return (parent) => readPath(parent, filler.split('.'));
  if (filler[declared] === 'reference') {
    const keys = Object.entries(filler.keys).map(([key, path]) => [key, path.split('.')] as const);
    return (parent) => {
      const found = keys.map(([key, path]) => [key, readPath(parent, path)] as const);
      return found.some(([, value]) => value === undefined || value === null) ? null : Object.fromEntries(found);
    };
  }
  throw new TypeError(
    `${coordinate}: a ${filler[declared]} must stand in the resolvers file of its upstream, but came from resolvers/gateway`,
  );
}
