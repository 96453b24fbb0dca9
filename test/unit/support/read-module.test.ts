import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readModule } from '../../support/read-module.ts';

describe('the module reader', () => {
  test('comments, strings, templates and regular expressions hold no imports', () => {
    const text = [
      "// import 'line';",
      "/* import 'block'; */",
      `const a = "import 'text'" + 'it\\'s import "b"';`,
      "const b = `import 'template' ${c ? `${'}'} import 'inner'` : `}`} export * from 'x'`;",
      'const quote = /[\'"`/]/.test(a) ? 4 / 2 / 1 : i++ / 2;',
      "const path = a.import('property') + a.export;",
      'const url = import.meta.url;',
      "import { real } from 'real';",
    ].join('\n');
    assert.deepEqual(readModule(text).imports, [{ specifier: 'real', isTypeOnly: false, line: 8 }]);
    assert.deepEqual(readModule(text).starExports, []);
  });

  test('code inside a template is code', () => {
    assert.deepEqual(
      readModule("const a = `${{ b: await import('b') }.b} ${f(`${await import('c')}`)}`;").imports.map(
        ({ specifier }) => specifier,
      ),
      ['b', 'c'],
    );
  });

  test('every form of import and export is read, with its line and whether it loads the module', () => {
    const text = [
      "import a from 'a';",
      "import * as b from 'b';",
      'import {',
      '  from,',
      '  type C,',
      "} from 'c';",
      "import type { D } from 'd';",
      "import { type E } from 'e';",
      "import 'f';",
      "export { g } from 'g';",
      "export type { H } from 'h';",
      "const i = await import('i');",
      "let j: typeof import('j');",
      'const k = await import(`k`);',
      'const l = [...import(`l/${k}`)];',
      'export { from, i };',
      "const m = { import: 1, from: 'm' };",
      "import n, { o } from 'n' with { type: 'json' };",
    ].join('\n');
    const read = readModule(text).imports.map((found) => `${found.line} ${found.specifier} ${found.isTypeOnly}`);
    assert.deepEqual(read, [
      ...['1 a false', '2 b false', '3 c false', '7 d true', '8 e false', '9 f false', '10 g false', '11 h true'],
      ...['12 i false', '13 j true', '14 k false', '15 undefined false', '18 n false'],
    ]);
  });
});
