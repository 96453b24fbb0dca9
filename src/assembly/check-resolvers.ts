import type { PerParentCall } from '../composition/n-plus-one.ts';
import type { Problem, SourceSchema } from '../composition/types.ts';
import type { AssemblyParts } from './assemble.ts';
import type { ResolverExports } from './resolvers.ts';
export async function checkResolvers(_p: AssemblyParts, _s: readonly SourceSchema[], _m: readonly string[]): Promise<Problem[]> { return []; }
export function perParentCalls(_r: ReadonlyMap<string, ResolverExports>): PerParentCall[] { return []; }
