import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// What `npm test` runs. Arguments name test files: then only these run, without the checks of all the source.

/** A program that tests need and npm does not bring. Where it is missing, it is installed if that may be done. */
interface SystemProgram {
  /** Names that it has on different systems, the preferred one first. */
  readonly commands: readonly string[];
  readonly debianPackage: string;
  /** Environment variable that may name the program and that tells the tests its path. */
  readonly variable: string;
}

const systemPrograms: readonly SystemProgram[] = [
  {
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    debianPackage: 'chromium',
    variable: 'CHROMIUM_PATH',
  },
  { commands: ['redis-server'], debianPackage: 'redis-server', variable: 'REDIS_SERVER_PATH' },
  { commands: ['openssl'], debianPackage: 'openssl', variable: 'OPENSSL_PATH' },
];

/** A check of the source by a tool of `node_modules`. */
interface Check {
  readonly heading: string;
  readonly tool: string;
  readonly command: string;
  readonly options: readonly string[];
}

const checks: readonly Check[] = [
  { heading: 'format', tool: 'oxfmt', command: 'oxfmt', options: ['--check'] },
  { heading: 'lint', tool: 'oxlint', command: 'oxlint', options: [] },
  { heading: 'types', tool: 'typescript', command: 'tsc', options: ['-p', 'tsconfig.json'] },
];

interface Outcome {
  readonly isGood: boolean;
  readonly output: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

async function main(files: readonly string[]): Promise<number> {
  const outcomes: boolean[] = [];
  printHeading('system programs');
  const environment: NodeJS.ProcessEnv = { ...process.env };
  for (const program of systemPrograms) {
    const path = await provide(program);
    if (path === undefined) delete environment[program.variable];
    else environment[program.variable] = path;
    outcomes.push(path !== undefined);
  }
  if (files.length === 0) outcomes.push(...(await runChecks()));
  printHeading('tests');
  outcomes.push(await runTests(files.length > 0 ? files : ['test/**/*.test.ts'], environment));
  return outcomes.every(Boolean) ? 0 : 1;
}

async function provide(program: SystemProgram): Promise<string | undefined> {
  const { commands, debianPackage, variable } = program;
  const named = process.env[variable];
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return report(named);
    process.stdout.write(`${variable} names no program: ${named}\n`);
    return undefined;
  }
  const found = findProgram(commands) ?? ((await install(debianPackage)) ? findProgram(commands) : undefined);
  if (found !== undefined) return report(found);
  process.stdout.write(`install ${debianPackage}: apt-get install ${debianPackage}, or set ${variable}\n`);
  return undefined;
}

function report(path: string): string {
  process.stdout.write(`${path}\n`);
  return path;
}

function findProgram(commands: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return commands.flatMap((command) => folders.map((folder) => join(folder, command))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Installs a Debian package where this user may do so without being asked for a password. */
async function install(debianPackage: string): Promise<boolean> {
  if (process.platform !== 'linux' || findProgram(['apt-get']) === undefined) return false;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !(await run('sudo', ['-n', 'true'])).isGood) return false;
  const prefix = isRoot ? [] : ['sudo', '-n'];
  for (const step of [['update'], ['install', '-y', '--no-install-recommends', debianPackage]]) {
    process.stdout.write(`apt-get ${step.join(' ')}\n`);
    const [command = '', ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...step];
    const { isGood, output } = await run(command, rest);
    if (!isGood) {
      process.stdout.write(output);
      return false;
    }
  }
  return true;
}

/** Runs the checks side by side and prints each one's output in one piece. */
async function runChecks(): Promise<readonly boolean[]> {
  const running = checks.map(({ tool, command, options }) =>
    run(process.execPath, [entryOf(tool, command), ...options]),
  );
  const outcomes: boolean[] = [];
  for (const [index, check] of checks.entries()) {
    const outcome = await running[index];
    printHeading(check.heading);
    process.stdout.write(outcome?.output || 'fine\n');
    outcomes.push(outcome?.isGood === true);
  }
  return outcomes;
}

/** The script behind a package's command: `node_modules/.bin` would start it with whatever Node is in `PATH`. */
function entryOf(tool: string, command: string): string {
  const file = require.resolve(`${tool}/package.json`);
  const { bin } = JSON.parse(readFileSync(file, 'utf8')) as { bin: Readonly<Record<string, string>> };
  return join(dirname(file), bin[command] ?? '');
}

function run(command: string, options: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, [...options], { cwd: root, maxBuffer: Infinity }, (error, stdout, stderr) => {
      const reason = error !== null && typeof error.code !== 'number' ? `${error.message}\n` : '';
      resolve({ isGood: error === null, output: stdout + stderr + reason });
    });
  });
}

/** The last step: its closing lines are the last lines of all. */
function runTests(files: readonly string[], environment: NodeJS.ProcessEnv): Promise<boolean> {
  const options = ['--test', '--test-reporter=spec', '--test-concurrency=2', '--test-timeout=60000'];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...options, ...files], {
    cwd: root,
    env: environment,
    stdio: 'inherit',
  });
  return new Promise((resolve) => {
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

function printHeading(heading: string): void {
  process.stdout.write(`\n== ${heading}\n`);
}

process.exitCode = await main(process.argv.slice(2));
