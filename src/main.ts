import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError, type Arguments, type KeyFlag } from './commands/arguments.ts';
import { cache } from './commands/cache.ts';
import { check } from './commands/check.ts';
import { composeCommand } from './commands/compose.ts';
import { config } from './commands/config.ts';
import { keys } from './commands/keys.ts';
import { persist } from './commands/persist.ts';
import { plan } from './commands/plan.ts';
import { start } from './commands/start.ts';
import { GatewayError } from './errors.ts';
import { closest } from './lib/closest.ts';
import { readPackageVersion } from './lib/package-version.ts';

/** The command line: reads arguments, runs one command, turns what goes wrong into plain lines and an exit code. */

const usage = `weft - GraphQL federation and aggregation gateway

  weft start [--dir FOLDER] [--port N] [--host H]   run the gateway that FOLDER describes (default: this folder)
  weft start --supergraph FILE [--port N]           run a ready supergraph; upstream URLs come from join__graph
  weft check [--dir FOLDER]                         configuration, contract, composition, N+1; exit code 1 on a problem
  weft compose [--dir FOLDER]                       print the supergraph
  weft plan QUERY|FILE [--dir FOLDER | --supergraph FILE] [--operation NAME]
                                                    print the upstream calls that answer an operation
  weft persist OPERATIONS... [--dir FOLDER | --supergraph FILE] [--format apollo|relay|plain] [--out FILE [--check]]
                                                    print or write the manifest of the operations in files and folders
  weft config print [--dir FOLDER]                  print the resolved configuration, secrets hidden
  weft config schema [gateway|upstream]             print the JSON Schema of gateway.yaml or upstreams/*.yaml
  weft keys create --owner NAME [--tier T] [--scopes a,b] [--roles r] [--expires 90d|DATE]
                                                    print a new API key, once; its hash alone is kept
  weft keys revoke ID | weft keys list              [--dir FOLDER] [--provider NAME] for these three
  weft keys revoke-token --jti X | --subject S | --key K [--until 1h|DATE] [--dir FOLDER]
                                                    put a token, a subject or a key on the revocation list
  weft keys hash-password                           read a password, print the passwordHash of a consumer
  weft cache purge --tag T... | --type Type[:id]... | --all [--dir FOLDER]
                                                    make cached answers invalid, on all instances that share Redis
  weft help | weft version

PORT in the environment stands between --port and gateway.yaml.
Exit codes: 0 done, 1 a problem that the lines above it name, 2 wrong arguments.`;

/** Resolves with the exit code. */
type Command = (args: Arguments) => Promise<number>;

interface CommandEntry {
  readonly run: Command;
  readonly flags: readonly string[];
  /** Whether words may follow its name; the command checks them. */
  readonly takesWords?: boolean;
}

const keyFlags = {
  owner: { type: 'string' },
  tier: { type: 'string' },
  scopes: { type: 'string' },
  roles: { type: 'string' },
  expires: { type: 'string' },
  provider: { type: 'string' },
  jti: { type: 'string' },
  subject: { type: 'string' },
  key: { type: 'string' },
  until: { type: 'string' },
} as const satisfies Readonly<Record<KeyFlag, { readonly type: 'string' }>>;

const commands: Readonly<Record<string, CommandEntry>> = {
  cache: { run: cache, flags: ['dir', 'tag', 'type', 'all'], takesWords: true },
  start: { run: start, flags: ['dir', 'supergraph', 'port', 'host'] },
  check: { run: check, flags: ['dir'] },
  compose: { run: composeCommand, flags: ['dir'] },
  config: { run: config, flags: ['dir'], takesWords: true },
  keys: { run: keys, flags: ['dir', ...Object.keys(keyFlags)], takesWords: true },
  persist: { run: persist, flags: ['dir', 'supergraph', 'format', 'out', 'check'], takesWords: true },
  plan: { run: plan, flags: ['dir', 'supergraph', 'operation'], takesWords: true },
};

const flags = {
  dir: { type: 'string' },
  supergraph: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  operation: { type: 'string' },
  format: { type: 'string' },
  out: { type: 'string' },
  check: { type: 'boolean' },
  tag: { type: 'string', multiple: true },
  type: { type: 'string', multiple: true },
  all: { type: 'boolean' },
  ...keyFlags,
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const satisfies ParseArgsConfig['options'];

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv);
  const [name, ...words] = positionals;
  if (values.help || name === 'help' || (name === undefined && !values.version)) return print(usage);
  if (values.version || name === 'version') return print(await readPackageVersion());
  const entry = commands[name ?? ''];
  if (!entry) throw new UsageError(`unknown command "${name}"${suggestion(name ?? '', Object.keys(commands))}`);
  for (const flag of Object.keys(values)) {
    if (!entry.flags.includes(flag)) throw new UsageError(`"weft ${name}" takes no --${flag}`);
  }
  if (words.length > 0 && !entry.takesWords) {
    throw new UsageError(`"weft ${name}" takes flags alone, but got "${words.join(' ')}"`);
  }
  const { dir = '.', supergraph, host, operation, format, out, check: isCheck } = values;
  if (supergraph !== undefined && values.dir !== undefined) {
    throw new UsageError('expected one of --dir and --supergraph, but got both');
  }
  const port = readPort(values.port);
  const persistFlags = { format, out, check: isCheck };
  const cacheFlags = { tags: values.tag, types: values.type, all: values.all };
  const own = { keyFlags: pickKeyFlags(values), persistFlags, cacheFlags };
  return entry.run({ dir, supergraph, host, port, operation, ...own, words });
}

function readArguments(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true });
  } catch (cause) {
    throw new UsageError((cause as Error).message.split('. ')[0]?.replace(/\.$/, '') ?? 'wrong arguments', { cause });
  }
}

function pickKeyFlags(values: Arguments['keyFlags']): Arguments['keyFlags'] {
  const { owner, tier, scopes, roles, expires, provider, jti, subject, key, until } = values;
  return { owner, tier, scopes, roles, expires, provider, jti, subject, key, until };
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new UsageError(`--port: expected an integer from 0 to 65535, but got "${text}"`);
  }
  return port;
}

function suggestion(word: string, known: readonly string[]): string {
  const near = closest(word, known);
  return near === undefined ? `, expected one of: ${known.join(', ')}` : `, did you mean "${near}"?`;
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`weft: ${error.message}\nTry: weft help\n`);
    process.exitCode = 2;
  } else if (error instanceof GatewayError) {
    process.stderr.write(`${error.message.replaceAll(/^/gm, 'weft: ')}\n`);
    process.exitCode = 1;
  } else throw error;
}
