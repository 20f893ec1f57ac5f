import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../src/ChatPage/wwwroot/', import.meta.url);
const modules = readdirSync(root, { recursive: true }).filter(name => name.endsWith('.js') && !name.startsWith('vendor'));

test('no module has more than 300 lines', () => {
  const longer = modules.map(name => [name, readFileSync(new URL(name, root), 'utf8').split('\n').length - 1]).filter(([, lines]) => lines > 300);
  assert.ok(modules.length > 20);
  assert.deepEqual(longer, []);
});
