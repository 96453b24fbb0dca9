import { once } from 'node:events';
import { publishRequestEnd } from '../../src/telemetry/channels.ts';
import { startLog } from '../../src/telemetry/log.ts';
import { endedRecord, plainAccess, plainLog } from './log-lines.ts';

/**
 * A process that writes so many access lines to standard output at once and says `written` to standard error. Then it
 * ends in the way that its argument names, the last two when standard input ends.
 */

const [, , count = '0', end = 'exit'] = process.argv;

await startLog({ ...plainLog, access: plainAccess });
if (end === 'sigterm') process.once('SIGTERM', () => process.exit(0));
for (let index = 0; index < Number(count); index += 1)
  publishRequestEnd(endedRecord({ requestId: `r${index}`, callerId: 'x'.repeat(100) }));
process.stderr.write('written\n');

switch (end) {
  case 'exit':
    process.exit(0);
    break;
  case 'throw':
    throw new Error('nobody catches this');
  case 'sigterm':
    setInterval(() => {}, 1000);
    break;
  case 'input':
    process.stdin.resume();
    await once(process.stdin, 'end');
    break;
  case 'broken':
    process.stdin.resume();
    await once(process.stdin, 'end');
    publishRequestEnd(endedRecord());
    process.exitCode = 3;
    break;
  default:
    break;
}
