import { print } from 'graphql';
import { judge, type GeneratedCase } from './cases.ts';
import type { Difference } from './compare.ts';
import { shrink, type Failing } from './shrink.ts';

/** What to read, and to put into a test, where a generated case fails. */
export async function report(failing: Failing & { readonly one: GeneratedCase }, found: Difference): Promise<string> {
  const { rig, engine, one } = failing;
  const smallest = await shrink(failing);
  const difference = (await judge(smallest.rig, engine, smallest.one)) ?? found;
  return [
    `${engine}, ${rig.name}, seed ${one.seed}: ${found.kind}: ${found.message}`,
    `again: npm run fuzz -- --graph "${rig.name}" --seed ${one.seed} --operations 1`,
    one.text,
    JSON.stringify(one.variables),
    JSON.stringify(one.plan),
    '',
    `The smallest case that fails so, for test/equal/generated/regressions.ts: ${difference.message}`,
    writtenCase(smallest),
  ].join('\n');
}

function writtenCase({ rig, one }: Failing): string {
  const indented = (text: string, by: string): string =>
    text
      .split('\n')
      .map((line) => (line === '' ? line : by + line))
      .join('\n');
  const subgraphs = rig.subgraphs.map(
    ({ name, sdl }) => `      ${name}: \`\n${indented(escaped(sdl.trim()), '        ')}\n      \`,`,
  );
  return [
    '  {',
    "    promise: '',",
    '    subgraphs: {',
    ...subgraphs,
    '    },',
    `    query: \`${escaped(print(one.document).replaceAll(/\s+/g, ' '))}\`,`,
    ...(Object.keys(one.variables).length > 0 ? [`    variables: ${JSON.stringify(one.variables)},`] : []),
    ...(one.plan.percent > 0 || one.plan.down !== undefined || one.plan.absent
      ? [`    plan: ${JSON.stringify(one.plan)},`]
      : []),
    '  },',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
}
