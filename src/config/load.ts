import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConfigurationError } from './configuration-error.ts';
import type { ConfigurationIssue } from './configuration-error.ts';
import { environmentPort } from './defaults.ts';
import { listFolder } from './folder-files.ts';
import type { FolderFiles, LinkedFile } from './folder-files.ts';
import { gatewaySchema } from './gateway-schema.ts';
import { checkAllRates } from './limit-links.ts';
import { checkGateway, checkNames, checkUpstream } from './links.ts';
import { ratesInForce, ratesOfGateway, ratesOfUpstream, resolveRates } from './resolve-rates.ts';
import type { ResolvedRate, WrittenRate } from './resolve-rates.ts';
import { toGatewayConfig, toUpstreamConfig } from './resolve.ts';
import type { ListenOverrides } from './resolve.ts';
import type { DeclaredValues } from './print-security.ts';
import { readTelemetryEnvironment } from './telemetry-environment.ts';
import type { GatewayConfig, GatewayFolder, SourceFile, UpstreamConfig } from './types.ts';
import { upstreamSchema } from './upstream-schema.ts';
import { validate } from './validate.ts';
import { YamlSource } from './yaml-source.ts';
import type { YamlFile } from './yaml-source.ts';

interface Loaded<T> {
  /** Absent where `issues` has anything. */
  readonly value: T | undefined;
  readonly source: YamlSource;
  readonly issues: readonly ConfigurationIssue[];
}

/**
 * Loads a gateway's folder: `gateway.yaml`, `upstreams/*.yaml`, `schema/*.graphql` and the places of `resolvers/*`,
 * linked by file name. What it gives has been checked and is trusted from here on; GraphQL and code are not read.
 * For host and port `overrides` (flags) win over the environment's `PORT`, and that over the file.
 *
 * @throws {ConfigurationError} with everything that is wrong in any of the files.
 */
export async function loadGatewayFolder(
  dir: string,
  env: NodeJS.ProcessEnv,
  overrides: ListenOverrides = {},
): Promise<GatewayFolder> {
  const files = await listFolder(resolve(dir));
  const listen = environmentPort(env, overrides);
  const upstreams = files.upstreams.map((file) => readUpstream(files, file, env));
  const gateway = readGateway(files, env, { overrides: listen.overrides, upstreams });
  const issues = [
    ...listen.issues,
    ...[gateway, ...upstreams].flatMap((loaded) => loaded.issues),
    ...files.issues,
    ...checkNames(files),
    ...checkAllRates(
      gateway.source,
      upstreams.map(({ source }) => source),
    ),
  ];
  if (gateway.value === undefined || issues.length > 0) throw new ConfigurationError(issues);
  return {
    dir: files.dir,
    gateway: gateway.value,
    ...(gateway.declared && { declared: gateway.declared }),
    rates: gateway.rates,
    upstreams: upstreams.flatMap(({ value }) => value ?? []),
    schemas: await Promise.all(files.schemas.map((file) => loadSource(files.dir, file))),
    resolvers: Object.fromEntries(files.resolvers.map(({ name, file }) => [name, join(files.dir, file)])),
    masked: [gateway, ...upstreams].flatMap(({ source }) => source.masked()),
    checksum: checksumOf([files.gateway, ...files.upstreams]),
  };
}

/** As \`cat\` and \`sha256sum\` give it, so that who has the files can compare. */
function checksumOf(files: readonly YamlFile[]): string {
  const hash = createHash('sha256');
  for (const { text } of files) hash.update(text);
  return hash.digest('hex');
}

interface LoadedGateway extends Loaded<GatewayConfig> {
  readonly declared: DeclaredValues | undefined;
  readonly rates: readonly ResolvedRate[];
}

interface Around {
  readonly overrides: ListenOverrides;
  readonly upstreams: readonly LoadedUpstream[];
}

function readGateway(files: FolderFiles, env: NodeJS.ProcessEnv, { overrides, upstreams }: Around): LoadedGateway {
  const { dir } = files;
  const source = new YamlSource(files.gateway, { env, dir });
  const { value, issues } = validate(gatewaySchema, source);
  const rates = value
    ? resolveRates([...ratesOfGateway(value), ...upstreams.flatMap((upstream) => upstream.rates)], value.limits)
    : [];
  const read = value && readTelemetryEnvironment(value.telemetry, env);
  const place = { file: join(dir, source.file), dir, rates: ratesInForce(rates) };
  return {
    value: value && read && toGatewayConfig(value, { ...place, environment: read.environment }, overrides),
    declared: value,
    rates,
    source,
    issues: inOrder([...(read?.issues ?? []), ...issues, ...checkGateway(source, files)]),
  };
}

interface LoadedUpstream extends Loaded<UpstreamConfig> {
  readonly rates: readonly WrittenRate[];
}

function readUpstream(files: FolderFiles, file: LinkedFile & YamlFile, env: NodeJS.ProcessEnv): LoadedUpstream {
  const path = join(files.dir, file.file);
  const source = new YamlSource(file, { env, dir: dirname(path) });
  const { value, issues } = validate(upstreamSchema, source);
  const headerText = (name: string): string | undefined => source.textAt(['headers', name]);
  return {
    value: value && toUpstreamConfig(value, { name: file.name, file: path, headerText }),
    rates: value ? ratesOfUpstream(file.name, value.limits) : [],
    source,
    issues: inOrder([...issues, ...checkUpstream(source, file.name, files)]),
  };
}

async function loadSource(dir: string, { name, file }: LinkedFile): Promise<SourceFile> {
  const path = join(dir, file);
  return { name, file: path, text: await readFile(path, 'utf8') };
}

function inOrder(issues: readonly ConfigurationIssue[]): ConfigurationIssue[] {
  return issues.toSorted((left, right) => left.line - right.line || left.column - right.column);
}
