import { execFileSync } from 'node:child_process';
import { compare } from './compare.ts';
import { header } from './header.ts';
import { measureMemory } from './memory.ts';
import { readOptions, usage, type Options } from './options.ts';
import { reportPlanning } from './planning.ts';
import { loadProcessor } from './running.ts';

/** `npm run bench`: the gateway beside its floors and other gateways. Linux, with `taskset` and two processors. */

const argv = process.argv.slice(2);

function options(): Options {
  try {
    return readOptions(argv);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

const chosen = options();
console.log(header(['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' ')));
if (chosen.mode === 'planning') {
  await reportPlanning();
} else {
  // Whatever this process starts keeps to the second processor too; entrants are set on the first.
  execFileSync('taskset', ['-apc', loadProcessor, `${process.pid}`], { stdio: 'ignore' });
  const isComplete = chosen.mode === 'memory' ? await measureMemory(chosen) : await compare(chosen);
  if (!isComplete) process.exitCode = 1;
}
