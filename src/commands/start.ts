import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { readSupergraph, readSupergraphUpstreams } from '../composition/supergraph.ts';
import { defaultGatewayConfig, upstreamConfigForUrl } from '../config/defaults.ts';
import { loadGatewayFolder } from '../config/load.ts';
import type { GatewayConfig } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import { startGateway, type Gateway, type GatewaySource } from '../gateway.ts';
import { onSignals } from '../server/shutdown.ts';
import { startLog } from '../telemetry/log.ts';
import type { Arguments } from './arguments.ts';
import { followLogLevel } from './follow-log-level.ts';
import { readPackageVersion } from '../lib/package-version.ts';

/** `weft start`: runs until a signal ends it. */
export async function start(args: Arguments): Promise<number> {
  const source = await loadSource(args);
  const config = 'folder' in source ? source.folder.gateway : source.gateway;
  const log = await startLog(config.log, { service: config.telemetry.service });
  const gateway = await startGateway(source);
  await followLogLevel(log, 'folder' in source ? source.folder.dir : undefined);
  process.stdout.write(welcome(gateway, config));
  log.tell('started', await startFields(source, gateway));
  const { promise, resolve } = Promise.withResolvers<number>();
  onSignals({
    shutdown: gateway.close,
    onStop: (signal) => {
      process.stdout.write(`${signal}: finishing what runs\n`);
      log.tell('stopping', { signal });
    },
    exit: (code) => {
      log.tell('stopped', { exitCode: code });
      log.stop();
      resolve(code);
      process.exit(code);
    },
  });
  return promise;
}

/** What a look at the log should tell of a process: which version runs what, and where. */
async function startFields(source: GatewaySource, gateway: Gateway): Promise<Readonly<Record<string, unknown>>> {
  return {
    version: await readPackageVersion(),
    node: process.version,
    pid: process.pid,
    addresses: [gateway.url],
    upstreams: gateway.upstreams().length,
    outFields: gateway.outFields().length || undefined,
    configChecksum: 'folder' in source ? source.folder.checksum : undefined,
  };
}

async function loadSource({ dir, supergraph, port, host }: Arguments): Promise<GatewaySource> {
  const overrides = { ...(port === undefined ? {} : { port }), ...(host === undefined ? {} : { host }) };
  if (supergraph === undefined) return { folder: await loadGatewayFolder(dir, process.env, overrides) };
  const text = await readFile(supergraph, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'there is no such file' : cause.message;
    throw new GatewayError('START_FAILED', `--supergraph ${supergraph}: ${reason}`, { cause });
  });
  const upstreams = readSupergraphUpstreams(readSupergraph(text, supergraph)).map(({ name, url }) =>
    upstreamConfigForUrl(name, url, process.env),
  );
  return { supergraph: text, gateway: defaultGatewayConfig(process.env, overrides), upstreams };
}

/** What a newcomer needs: where things are, what is behind, what to try first. */
function welcome(gateway: Gateway, config: GatewayConfig): string {
  const { url, graphqlUrl } = gateway;
  const upstreams = gateway.upstreams();
  const width = Math.max(0, ...upstreams.map(({ name }) => name.length));
  const lines = [
    '',
    `  GraphQL   ${graphqlUrl}${config.graphql.graphiql ? '   (GraphiQL in a browser)' : ''}`,
    ...config.routes.map(({ path, upstream }) => `  REST      ${url}${path}/**   to ${upstream}`),
    `  Health    ${url}/health/live   ${url}/health/ready`,
    '',
    '  Upstreams',
    ...upstreams.map(
      ({ name, kind, targets, schema }) =>
        `    ${name.padEnd(width)}  ${kind.padEnd(10)}  ${targets.join(', ')}${schemaNote(schema)}`,
    ),
    ...gateway.outFields().map((field) => `    out: ${field}`),
    '',
    '  Try',
    `    ${firstQuery(graphqlUrl, config)}`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function schemaNote(schema: string): string {
  if (schema === 'last-good') return '   schema from the kept copy: the upstream does not answer';
  return schema === 'missing' ? '   no schema known: its fields are out' : '';
}

/** A query by GET, so that a file can be given as it is. */
function firstQuery(graphqlUrl: string, { graphql }: GatewayConfig): string {
  const query =
    graphql.firstOperation === undefined ? "'query={ __typename }'" : `query@${relative('.', graphql.firstOperation)}`;
  return `curl --get ${graphqlUrl} --data-urlencode ${query}`;
}
