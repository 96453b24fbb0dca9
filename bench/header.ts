import { readFileSync } from 'node:fs';
import os from 'node:os';

/** Under what the figures came about, as Markdown lines. */
export function header(command: string): string {
  const processors = os.cpus();
  return [
    `- machine: ${processors[0]?.model ?? 'unknown processor'}, ${processors.length} processors, Linux ${os.release()}`,
    `- Node ${process.version}`,
    `- commit: ${commit()}`,
    `- command: ${command}`,
    `- date: ${new Date().toISOString().slice(0, 10)}`,
  ].join('\n');
}

/** The commit that is checked out, read where Git keeps it: an image may have the folder and no Git. */
function commit(): string {
  try {
    const head = readGit('HEAD');
    return (head.startsWith('ref: ') ? resolveRef(head.slice(5)) : head).slice(0, 12);
  } catch {
    return 'unknown';
  }
}

function resolveRef(ref: string): string {
  try {
    return readGit(ref);
  } catch {
    const line = readGit('packed-refs')
      .split('\n')
      .find((entry) => entry.endsWith(` ${ref}`));
    return line ?? 'unknown';
  }
}

const readGit = (path: string): string => readFileSync(new URL(`../.git/${path}`, import.meta.url), 'utf8').trim();
