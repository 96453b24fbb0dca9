import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** promtool checks rules as Prometheus reads them. It is in Debian's package `prometheus`; without it such tests are left out. */
const path = process.env['PROMTOOL_PATH'] ?? findProgram('promtool');

/** Options of a test that needs promtool; who names it by `PROMTOOL_PATH` wants no test to be left out. */
export const withPromtool = {
  skip: path === undefined ? 'promtool is not installed: apt-get install prometheus, or set PROMTOOL_PATH' : false,
} as const;

/** What promtool prints. Rejects, with what it prints, where it finds a problem. */
export async function promtool(...options: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(path ?? 'promtool', [...options]).catch(
    (error: Error & { readonly stdout?: string; readonly stderr?: string }) => {
      throw new Error(`${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`, { cause: error });
    },
  );
  return stdout + stderr;
}

function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
