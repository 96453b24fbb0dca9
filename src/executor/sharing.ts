import type { Fetch, Path, Plan, Selection } from '../planner/plan.ts';
import { pathText } from './collect.ts';
import { membersOf, type Member } from './members.ts';

/** What a fetch writes, and where. */
interface Write {
  readonly at: string;
  readonly members: readonly Member[];
}

/** The places that a fetch writes to. */
function writesOf(fetch: Fetch): readonly Write[] {
  const at = (path: Path, selections: readonly Selection[]): Write => ({
    at: pathText(path),
    members: membersOf(selections),
  });
  if (fetch.target === 'root') return [at(fetch.at, fetch.selections)];
  return fetch.targets.flatMap(({ paths, selections }) => paths.map((path) => at(path, selections)));
}

/**
 * Whether objects at these places may be one and the same object. They may not where a member below them stands for one
 * field at one place and for another field (or other arguments) at another: the later value would overwrite the earlier.
 */
export function mayShare(plan: Plan, paths: readonly Path[]): boolean {
  if (paths.length < 2) return true;
  const writes = plan.fetches.flatMap(writesOf);
  const fields = new Map<string, string>();
  return paths.every((path) => {
    const start = pathText(path);
    return writes
      .filter(({ at }) => at.startsWith(start))
      .every(({ at, members }) => agree(at.slice(start.length), members, fields));
  });
}

function agree(at: string, members: readonly Member[], fields: Map<string, string>): boolean {
  return members.every(({ dataKey, field, members: below }) => {
    const place = `${at}.${JSON.stringify(dataKey)}`;
    const known = fields.get(place);
    if (known !== undefined && known !== field) return false;
    fields.set(place, field);
    return agree(place, below, fields);
  });
}
