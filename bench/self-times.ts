/** The part of a V8 CPU profile that self times are made of. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Ids of nodes. */
  readonly samples: readonly number[];
  /** Microseconds from the sample before, one for each sample. */
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  readonly ms: number;
}

export interface SelfTimes {
  /** Without what the process was idle. */
  readonly busyMs: number;
  /** Most first. */
  readonly byPackage: readonly SelfTime[];
  /** Most first. */
  readonly byFunction: readonly SelfTime[];
}

type CallFrame = CpuProfile['nodes'][number]['callFrame'];

/** Time spent in functions themselves, without what they call, summed by function and by package. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile, root: string): SelfTimes {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byPackage = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let busyMs = 0;
  samples.forEach((id, index) => {
    const frame = frames.get(id);
    // A sample lasts until the next one.
    const ms = (timeDeltas[index + 1] ?? 0) / 1000;
    if (!frame || frame.functionName === '(idle)') return;
    busyMs += ms;
    add(byPackage, packageOf(frame, root), ms);
    add(byFunction, functionOf(frame, root), ms);
  });
  return { busyMs, byPackage: ranked(byPackage), byFunction: ranked(byFunction) };
}

function add(sums: Map<string, number>, name: string, ms: number): void {
  sums.set(name, (sums.get(name) ?? 0) + ms);
}

function ranked(sums: ReadonlyMap<string, number>): readonly SelfTime[] {
  return [...sums].map(([name, ms]) => ({ name, ms })).toSorted((a, b) => b.ms - a.ms);
}

/** A package, a room of `src`, a module of Node, or what V8 says in brackets. */
function packageOf({ functionName, url }: CallFrame, root: string): string {
  if (url === '') return /^\(.*\)$/.test(functionName) ? functionName : '(built in)';
  const path = shortPath(url, root);
  if (path.startsWith('node:')) return path.split('/')[0] === 'node:internal' ? path.split('/', 2).join('/') : path;
  return /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] === 'src' ? path.split('/', 2).join('/') : packageName(path);
}

const packageName = (path: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path;

function functionOf({ functionName, url, lineNumber }: CallFrame, root: string): string {
  const name = functionName || '(anonymous)';
  return url === '' ? name : `${name} ${shortPath(url, root)}:${lineNumber + 1}`;
}

/** From the package on, or from the project's folder on. */
function shortPath(url: string, root: string): string {
  return url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/node_modules\//, '')
    .replace(root, '');
}
