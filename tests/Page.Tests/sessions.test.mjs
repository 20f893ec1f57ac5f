import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Problem } from '../../src/ChatPage/wwwroot/model/api.js';
import { Sessions } from '../../src/ChatPage/wwwroot/model/sessions.js';
import { until } from './chats.mjs';
import { endAll, eventsBy, fails, script } from './streams.mjs';

afterEach(endAll);

const session = (session_id, live = false) => ({ session_id, title: session_id, changed: null, live });

function sessionsWith(list, remove = script(), events = script()) {
  const changes = [];
  const sessions = new Sessions({ api: { list, remove, events }, onChange: () => changes.push([sessions.isReachable, sessions.all?.map(known => known.session_id)]) });
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
  const { sessions, changes } = sessionsWith(script([session('a'), session('b')]), script(() => null));
  await sessions.refresh();
  await sessions.remove('a');
  assert.deepEqual(changes.map(([, ids]) => ids), [['a', 'b'], ['b']]);
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

test('the list is read when the server says so, and then follows what happens', async () => {
  const { response, say } = eventsBy();
  const list = script([session('a'), session('b', true)], [session('z')]);
  const { sessions } = sessionsWith(list, script(), script(response));
  const shown = () => sessions.all?.map(known => [known.session_id, known.title, known.changed, known.live].join());
  sessions.watch();
  say([{ type: 'refresh', time: 't0' }]);
  await until(() => sessions.all !== null);
  say([
    { type: 'created', session_id: 'c', title: 'hi', time: 't1' },
    { type: 'started', session_id: 'a', title: 'a', time: 't2' },
    { type: 'ended', session_id: 'b', time: 't3' },
    { type: 'renamed', session_id: 'b', title: 'B', time: 't4' },
    { type: 'waiting', session_id: 'c', time: 't5' },
    { type: 'deleted', session_id: 'a', time: 't6' },
  ]);
  await until(() => sessions.all[0].changed === 't5' && sessions.all.length === 2);
  assert.deepEqual([shown(), list.calls.length], [['c,hi,t5,false', 'b,B,t3,false'], 1]);
  say([{ type: 'refresh', time: 't7' }]);
  await until(() => list.calls.length === 2);
  await until(() => sessions.all[0].session_id === 'z');
  sessions.sleep();
});

test('what happens while the list is read has it read once more', async () => {
  const { response, say } = eventsBy();
  let release;
  const list = script(() => new Promise(resolve => { release = () => resolve([session('a', true)]); }), [session('a')]);
  const { sessions } = sessionsWith(list, script(), script(response));
  sessions.watch();
  say([{ type: 'refresh', time: 't0' }, { type: 'ended', session_id: 'a', time: 't1' }]);
  await until(() => release !== undefined);
  await new Promise(setImmediate);
  release();
  await until(() => list.calls.length === 2);
  await until(() => !sessions.isLive('a'));
  sessions.sleep();
});

test('a server that cannot be reached is tried again, and at once when somebody wants it', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const events = script(fails(new TypeError('Failed to fetch')), eventsBy().response);
  const { sessions, changes } = sessionsWith(script(), script(), events);
  sessions.watch();
  await until(() => !sessions.isReachable);
  sessions.watch();
  await until(() => sessions.isReachable);
  assert.deepEqual([events.calls.length, changes], [2, [[false, undefined], [true, undefined]]]);
  sessions.sleep();
});

test('while nobody looks there is no connection', async () => {
  const events = script(eventsBy().response, eventsBy().response);
  const { sessions } = sessionsWith(script(), script(), events);
  sessions.watch();
  sessions.watch();
  assert.equal(events.calls.length, 1);
  sessions.sleep();
  assert.equal(events.calls[0][0].aborted, true);
  sessions.watch();
  assert.equal(events.calls.length, 2);
  sessions.sleep();
});
