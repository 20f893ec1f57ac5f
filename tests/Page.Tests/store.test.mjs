import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limits, load, save } from '../../src/AspNetCore/Page/wwwroot/store.js';

class FakeStorage {
  items = new Map();
  quota = Infinity;
  getItem = key => this.items.get(key) ?? null;
  removeItem = key => this.items.delete(key);

  setItem(key, value) {
    if (value.length > this.quota) {
      throw new Error('QuotaExceededError');
    }

    this.items.set(key, value);
  }
}

const run = (prompt, status = 'ended', answer = 'a') =>
  ({ prompt, status, from: '1-0', note: null, items: [{ kind: 'node', idx: 0, parts: [{ kind: 'text', n: 0, text: answer }], returns: [], done: true }] });
const conversation = (id, ...runs) => ({ id, cursor: '9-0', trimmed: false, runs });

test('what was kept comes back as it was', () => {
  const storage = new FakeStorage();
  const kept = conversation('s', run('one'), run('two', 'live'));
  assert.equal(save(storage, kept), true);
  assert.deepEqual(load(storage, 's'), kept);
});

test('what was never kept, or is no record of ours, is null', () => {
  const storage = new FakeStorage();
  storage.setItem('agentstream:a', 'no json');
  storage.setItem('agentstream:b', '{"version":99,"runs":[]}');
  assert.deepEqual(['a', 'b', 'c'].map(id => load(storage, id)), [null, null, null]);
});

test('of too many runs the newest stay', () => {
  const storage = new FakeStorage();
  save(storage, conversation('s', ...Array.from({ length: Limits.runs + 5 }, (_, n) => run(`${n}`))));
  const kept = load(storage, 's');
  assert.equal(kept.runs.length, Limits.runs);
  assert.equal(kept.runs[0].prompt, '5');
  assert.equal(kept.trimmed, true);
});

test('a live run too long to keep is kept as where to read it again', () => {
  const storage = new FakeStorage();
  save(storage, conversation('s', run('one'), run('long', 'live', 'x'.repeat(Limits.chars))));
  const kept = load(storage, 's');
  assert.equal(kept.cursor, '1-0');
  assert.deepEqual(kept.runs, [{ prompt: 'long', status: 'starting', from: '1-0', note: 'long', items: [] }]);
});

test('an ended run too long to keep says so, and is not read again', () => {
  const storage = new FakeStorage();
  save(storage, conversation('s', run('long', 'ended', 'x'.repeat(Limits.chars))));
  const kept = load(storage, 's');
  assert.equal(kept.cursor, '9-0');
  assert.deepEqual([kept.runs[0].status, kept.runs[0].note], ['ended', 'long']);
});

test('under a small quota less is kept, and when there is no room at all nothing breaks', () => {
  const storage = new FakeStorage();
  storage.quota = 120_000;
  const runs = Array.from({ length: 50 }, (_, n) => run(`${n}`, 'ended', 'x'.repeat(10_000)));
  assert.equal(save(storage, conversation('s', ...runs)), true);
  assert.equal(load(storage, 's').runs.at(-1).prompt, '49');
  assert.ok(load(storage, 's').runs.length < 50);
  storage.quota = 0;
  assert.equal(save(storage, conversation('t', run('one'))), false);
});

test('the sessions least lately used go', () => {
  const storage = new FakeStorage();
  Array.from({ length: Limits.sessions + 2 }, (_, n) => save(storage, conversation(`s${n}`, run('x'))));
  assert.deepEqual(['s0', 's1'].map(id => load(storage, id)), [null, null]);
  assert.notEqual(load(storage, 's2'), null);
});
