import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphQLError, parse } from 'graphql';
import { tellWhyStitched } from '../../../src/compiled/build-entry.ts';
import { PlanDeclined } from '../../../src/planner/errors.ts';
import { listenToNotices } from '../../support/notices.ts';

const document = parse(
  'query Find($v: String = "planted-default") { find(text: "planted", by: { size: 4711 }, v: $v) { id } }',
);

test('where planning fails operators read the document, with no value of the client in it', (t) => {
  const notices = listenToNotices(t);
  tellWhyStitched(new TypeError('no such thing'), document);
  tellWhyStitched(new GraphQLError('"planted" is no Int'), document);
  assert.deepEqual(
    notices.all.map(({ level, message }) => [level, message.split('\n')[0]]),
    [
      ['error', 'runs stitched, as planning failed: no such thing'],
      ['error', 'runs stitched, as planning failed: GraphQLError'],
    ],
  );
  for (const { message } of notices.all) {
    assert.match(message, /query Find\(\$v: String\) \{\s+find\(text: "", by: \{ size: 0 \}, v: \$v\)/);
    assert.doesNotMatch(message, /planted|4711/);
  }
});

test('what the planner declines is told without the document', (t) => {
  const notices = listenToNotices(t);
  tellWhyStitched(new PlanDeclined('UNRESOLVABLE_FIELD', 'no upstream gives "a.b"'), document);
  assert.deepEqual(
    notices.all.map(({ level, message }) => [level, message]),
    [['info', 'runs stitched, as the planner declines it (UNRESOLVABLE_FIELD): no upstream gives "a.b"']],
  );
});
