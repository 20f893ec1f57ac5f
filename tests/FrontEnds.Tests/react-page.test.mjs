import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const read = path => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/react.md prints the files of samples/React', async () => {
  const page = await read('docs/react.md');
  const printed = [...page.matchAll(/`(src\/[\w.-]+)`[^`]*\n\n```jsx?\n(.*?)```/gs)].map(([, path, code]) => ({ path, code }));
  assert.deepEqual(printed.map(({ path }) => path), ['src/use-session.js', 'src/chat.jsx', 'src/main.jsx']);

  for (const { path, code } of printed) {
    assert.equal(code, await read(`samples/React/${path}`));
  }
});
