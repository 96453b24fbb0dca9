import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sizeOfBody } from '../../../../src/cache/memory/entry-size.ts';
import { MemoryStore } from '../../../../src/cache/memory/memory-store.ts';
import { AnswerEntry } from '../../../../src/policies/cache/answer-entry.ts';

const now = 1_000_000;
const times = { madeAt: now, freshUntil: now + 1000, staleUntil: now + 1000, staleIfErrorUntil: now + 1000 };

function entryOf(data: { readonly ids: readonly string[]; readonly text?: string }) {
  const looked: unknown[] = [];
  const tagsOf = (given: unknown): readonly string[] => {
    looked.push(given);
    return (given as typeof data).ids.map((id) => `User:${id}`);
  };
  return { entry: new AnswerEntry({ result: { data }, returned: undefined, times, tagsOf }), looked };
}

describe('the entry of an answer', () => {
  const texts = {
    'ASCII is text': ['plain', true],
    'what is no ASCII is bytes, in one byte a character': ['café', false],
    'and in more': ['東京 🚲', false],
    'so is what is long': ['x'.repeat(17_000), false],
  } as const;
  for (const [title, [text, isText]] of Object.entries(texts)) {
    test(`has the same body either way: ${title}`, () => {
      const { entry } = entryOf({ ids: [], text });
      const expected = Buffer.from(JSON.stringify({ data: { ids: [], text } }));
      assert.equal(entry.text !== undefined, isText);
      assert.deepEqual(Buffer.from(entry.body), expected);
      assert.equal(sizeOfBody(entry), expected.length);
    });
  }

  test('has the same tags, made of its data or, once that is let go, of its text: each time once', () => {
    for (const text of ['plain', '東京']) {
      for (const forgets of [false, true]) {
        const { entry, looked } = entryOf({ ids: ['1', '2'], text });
        assert.deepEqual([entry.hasTagsAtHand, looked.length], [false, 0], 'nobody has asked');
        if (forgets) entry.forgetData();
        assert.deepEqual(
          [entry.tags, entry.tags],
          [
            ['User:1', 'User:2'],
            ['User:1', 'User:2'],
          ],
        );
        assert.deepEqual([entry.hasTagsAtHand, looked.length], [true, 1]);
      }
    }
  });

  test('is gone from memory with a tag that nobody has looked at, and another stays, with its tags counted', () => {
    const memory = new MemoryStore(2 ** 20);
    const [changed, other] = [entryOf({ ids: ['1'] }), entryOf({ ids: ['2', '3'] })];
    for (const [key, { entry }] of Object.entries({ changed, other })) {
      memory.set(key, entry, now);
      entry.forgetData();
    }
    assert.equal(changed.looked.length + other.looked.length, 0);
    memory.deleteTag('User:1');
    assert.equal(memory.get('changed', now), undefined);
    assert.equal(memory.get('other', now)?.entry, other.entry);
    memory.delete('changed');
    const own = memory.bytes;
    memory.delete('other');
    memory.set('other', entryOf({ ids: ['2', '3'] }).entry, now);
    assert.ok(own > memory.bytes, `${own} with tags is more than ${memory.bytes} without`);
  });

  test('leaves memory where its tags are more than there is room for, and is good that once', () => {
    const ids = Array.from({ length: 50 }, (_, id) => `${id}`);
    const memory = new MemoryStore(5000);
    memory.set('a', entryOf({ ids }).entry, now);
    memory.deleteTag('Other');
    assert.notEqual(memory.get('a', now), undefined);
    assert.deepEqual([memory.get('a', now), memory.bytes], [undefined, 0]);
  });
});
