import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksOf, inlinesOf } from '../../src/AspNetCore/Page/wwwroot/text.js';

const sample = 'one\ntwo\n\n\nthree `x`\n```cs\nvar a = 1;\n\nvar b;\n```\nfour\n\n~~~\nopen';

test('paragraphs and fenced code are blocks, and no character of a paragraph is lost', () => {
  assert.deepEqual(blocksOf(sample).map(({ kind, text, lang }) => [kind, text, lang]), [
    ['text', 'one\ntwo\n\n\n', undefined],
    ['text', 'three `x`\n', undefined],
    ['code', 'var a = 1;\n\nvar b;\n', 'cs'],
    ['text', 'four\n\n', undefined],
    ['code', 'open', ''],
  ]);
});

test('while a text grows, looking at its last block only gives what looking at all of it gives', () => {
  let blocks = [];

  for (let length = 1; length <= sample.length; length++) {
    const text = sample.slice(0, length);
    const from = blocks.at(-1)?.start ?? 0;
    blocks = [...blocks.slice(0, -1), ...blocksOf(text, from)];
    assert.deepEqual(blocks, blocksOf(text), JSON.stringify(text));
  }
});

test('code and bold are found', () => {
  assert.deepEqual(inlinesOf('a `b<c>` **d e** f'), [
    { kind: 'text', text: 'a ' },
    { kind: 'code', text: 'b<c>' },
    { kind: 'text', text: ' ' },
    { kind: 'bold', text: 'd e' },
    { kind: 'text', text: ' f' },
  ]);
});

test('what only looks like it stays as it stands', () => {
  for (const text of ['12*7 is 84', '2**3**4', '** a **', 'a `b', '**a', '<b>x</b>', '****', 'a\n\n b']) {
    assert.deepEqual(inlinesOf(text), [{ kind: 'text', text }]);
  }
});
