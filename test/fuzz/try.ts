import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createRig } from '/work/main/test/support/generated/rig.ts';
import { difference } from '/work/main/test/support/generated/compare.ts';
import { generateOperation } from '/work/main/test/unit/planner/reference/generate.ts';
const folder='/work/main/test/plans';
let n=0; const t0=performance.now();
for (const name of readdirSync(folder)) {
  const sub = join(folder,name,'subgraphs');
  if(!existsSync(sub)) continue;
  const rig = createRig(name, readdirSync(sub).map((f)=>({name:f.replace('.graphql',''), sdl: readFileSync(join(sub,f),'utf8')})));
  const seen=new Set<string>();
  for (let seed=0; seed<20; seed++) {
    const { document, text, variables } = generateOperation(rig.schema, seed);
    const one = { document, variables, plan: {seed, percent: seed%2?10:0} };
    const expected = rig.monolith(one); const whole = expected;
    n++;
    for (const engine of ['compiled','stitched'] as const) {
      let d;
      try { const a = await rig[engine](one); d = difference(a, expected, whole); if (!d && 'ranStitched' in a && a.ranStitched) d={kind:'stitched',message:'fell back'}; } catch (e) { d={kind:'crash',message:String((e as Error).stack)}; }
      if (d && !seen.has(engine+d.kind)) { seen.add(engine+d.kind); console.log(`${name} seed ${seed} ${engine} ${d.kind}: ${d.message.slice(0,600)}\n   ${text.slice(0,400)} ${JSON.stringify(variables)}`); }
    }
  }
}
console.log(n, performance.now()-t0);
