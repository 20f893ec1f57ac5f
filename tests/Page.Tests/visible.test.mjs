import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argsText } from '../../src/ChatPage/wwwroot/model/approvals.js';
import { visible, visibleJson } from '../../src/ChatPage/wwwroot/model/visible.js';

const turning = ['\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069'];

test('what turns a text around is shown as a sign, one for one', () => {
  assert.equal(visible(`pay ${turning.join('')}5`), `pay ${'␦'.repeat(turning.length)}5`);
  assert.equal(visible('שלום, \u200fмир, 你好'), 'שלום, \u200fмир, 你好');
});

test('in JSON it is an escape, so that what is sent back is what was there', () => {
  for (const character of turning) {
    const args = { file: `a${character}b` };
    assert.deepEqual(JSON.parse(argsText(args)), args);
    assert.equal(argsText(args).includes(character), false);
    assert.equal(visibleJson(JSON.stringify(args)).includes(character), false);
  }
});
