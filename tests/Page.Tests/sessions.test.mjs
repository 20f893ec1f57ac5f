import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../src/ChatPage/wwwroot/model/api.js';
import { Pause, Sessions } from '../../src/ChatPage/wwwroot/model/sessions.js';
import { fails, script } from './streams.mjs';

const session = (session_id, live = false) => ({ session_id, title: session_id, changed: null, live });

function sessionsWith(list, remove = script()) {
  const changes = [];
  // Nobody looks: then it asks for nothing by itself.
  const sessions = new Sessions({ api: { list, remove }, isVisible: () => false, onChange: () => changes.push([sessions.isReachable, sessions.all?.map(known => known.session_id)]) });
  return { sessions, changes };
}

test('a list that cannot be had leaves the one that is known', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sessions, changes } = sessionsWith(script([session('a', true)], fails(new TypeError('Failed to fetch')), [session('b')]));
  await sessions.refresh();
  await sessions.refresh();
  await sessions.refresh();
  assert.deepEqual(changes, [[true, ['a']], [false, ['a']], [true, ['b']]]);
});

test('who asks while a look is under way gets another one behind it', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let release;
  const list = script(() => new Promise(resolve => { release = () => resolve([session('a')]); }), [session('b')]);
  const { sessions } = sessionsWith(list);
  const first = sessions.refresh();
  await Promise.resolve();
  sessions.refresh();
  sessions.refresh();
  release();
  await first;

  while (sessions.all[0].session_id !== 'b') {
    await new Promise(setImmediate);
  }

  assert.equal(list.calls.length, 2);
});

test('a session that is deleted is gone at once', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sessions, changes } = sessionsWith(script([session('a'), session('b')], [session('b')]), script(() => null));
  await sessions.refresh();
  await sessions.remove('a');
  assert.deepEqual(changes.map(([, ids]) => ids), [['a', 'b'], ['b'], ['b']]);
});

test('a session that cannot be deleted stays, and the reason is told', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sessions } = sessionsWith(script([session('a')]), script(fails(new Error('busy'))));
  await sessions.refresh();
  await assert.rejects(sessions.remove('a'), { message: 'busy' });
  assert.equal(sessions.all.length, 1);
});

test('a server that says that it cannot list can be reached', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sessions } = sessionsWith(script(fails(new Problem(501)), fails(new Problem(503))));
  await sessions.refresh();
  assert.equal(sessions.isReachable, true);
  await sessions.refresh();
  assert.equal(sessions.isReachable, false);
});

test('the list is read again sooner while something waits for an answer, which may be given elsewhere', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let isWaiting = true;
  const list = script([session('a')], [session('a')]);
  const sessions = new Sessions({ api: { list }, isWaiting: () => isWaiting, onChange: () => { } });
  await sessions.refresh();
  isWaiting = false;
  t.mock.timers.tick(Pause.live);
  await new Promise(setImmediate);
  assert.equal(list.calls.length, 2);
  t.mock.timers.tick(Pause.live);
  await new Promise(setImmediate);
  assert.equal(list.calls.length, 2);
});
