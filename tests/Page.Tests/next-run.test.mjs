import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatWith, history, said, shown, until } from './chats.mjs';
import { eventsBy, fails, nothing, script, streamOf, wholeRun } from './streams.mjs';

const end = ['6-0', 'end'];
function later() {
  let resolve;
  return { promise: new Promise(given => { resolve = given; }), resolve: answer => resolve(answer) };
}

const withPrompt = prompt => history([said(prompt, 'Hello there.', 'r1')], { run: { run_id: 'r1', prompt, begin: '1-0' } });

test('a run that somebody else starts shows while it comes, over the connection that waits for it', async () => {
  const { response, say } = eventsBy();
  const follow = script(response);
  const { chat, states } = chatWith({ session: script(nothing, withPrompt('two')), follow });
  await chat.open('s');
  assert.equal(chat.state, 'idle');
  say(wholeRun);
  await until(() => chat.state === 'live' && chat.conversation.runs[0].prompt !== null);
  assert.deepEqual([shown(chat), chat.isBusy], [[['two', 'Hello there.']], true]);
  say([end]);
  await until(() => !chat.isBusy);
  assert.deepEqual([chat.state, states.includes('lost'), follow.calls.map(([id, cursor]) => [id, cursor])], ['idle', false, [['s', null]]]);
});

test('a run that ends before its prompt has come gets it all the same', async () => {
  const { response, say } = eventsBy();
  const asked = later();
  const live = history([], { status: 'live', run: { run_id: 'r1', prompt: 'two', begin: '1-0' } });
  const { chat } = chatWith({ session: script(nothing, () => asked.promise, fails(new TypeError('Failed to fetch')), withPrompt('two')), follow: script(response) });
  await chat.open('s');
  say([...wholeRun, end]);
  await until(() => chat.conversation.cursor === '6-0' && !chat.isBusy);
  asked.resolve(live);
  await until(() => chat.conversation.runs[0].prompt !== null);
  assert.deepEqual(shown(chat), [['two', 'Hello there.']]);
});

test('one connection is there for one run after the other', async () => {
  const { response, say } = eventsBy();
  const follow = script(response);
  const { chat } = chatWith({ session: script(withPrompt('one'), nothing, nothing, nothing, nothing, nothing), follow });
  await chat.open('s');
  say([...wholeRun, end]);
  await until(() => chat.conversation.cursor === '6-0');
  say([...wholeRun, end].map(([cursor, ...rest]) => [`1${cursor}`, ...rest]));
  await until(() => chat.conversation.cursor === '16-0');
  assert.deepEqual([chat.conversation.runs.length, chat.isBusy, follow.calls.length], [2, false, 1]);
});

test('a connection that breaks between runs comes back behind the last event, and nobody is bothered', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { response } = eventsBy();
  const follow = script(fails(new TypeError('Failed to fetch')), response);
  const { chat, states } = chatWith({ start: script(streamOf([...wholeRun, end])), follow });
  await chat.send('hi');
  await until(() => follow.calls.length === 1);
  assert.equal(chat.state, 'idle');

  while (follow.calls.length < 2) {
    t.mock.timers.tick(1000);
    await new Promise(setImmediate);
  }

  assert.deepEqual([follow.calls.map(([, cursor]) => cursor), states.includes('lost')], [['6-0', '6-0'], false]);
});

test('a connection that breaks in a run is a lost one, and the run continues behind its last event', async () => {
  const { response, say } = eventsBy();
  const again = eventsBy();
  const follow = script(response, again.response);
  const { chat, states } = chatWith({ session: script(nothing, withPrompt('two')), follow });
  await chat.open('s');
  say(wholeRun.slice(0, 3));
  await until(() => chat.conversation.cursor === '3-0');
  say(null);
  await until(() => follow.calls.length === 2);
  again.say([...wholeRun.slice(3), end]);
  await until(() => !chat.isBusy);
  assert.deepEqual([states.includes('lost'), follow.calls.map(([, cursor]) => cursor)], [true, [null, '3-0']]);
});

test('while nobody looks no connection waits, and what was missed comes when somebody does', async () => {
  const { response } = eventsBy();
  const later = eventsBy();
  const follow = script(response, later.response);
  const { chat } = chatWith({ session: script(nothing, withPrompt('two')), follow });
  await chat.open('s');
  const [[, , signal]] = follow.calls;
  chat.sleep();
  assert.equal(signal.aborted, true);
  chat.retry();
  chat.retry();
  assert.equal(follow.calls.length, 2);
  later.say([...wholeRun, end]);
  await until(() => chat.conversation.runs.length === 1 && !chat.isBusy);
  assert.deepEqual(shown(chat), [['two', 'Hello there.']]);
});

test('a message that is said while the run of another comes is the next run', async () => {
  const { response, say } = eventsBy();
  const follow = script(response, eventsBy().response);
  const next = wholeRun.map(([cursor, ...rest]) => [`1${cursor}`, ...rest]);
  const start = script(new Response('', { headers: { 'X-Run-Id': 'r2' } }));
  const stream = script(streamOf([...next, ['16-0', 'end']]));
  const { chat } = chatWith({ session: script(nothing, withPrompt('two')), follow, start, stream });
  await chat.open('s');
  say(wholeRun);
  await until(() => chat.isBusy && chat.conversation.runs[0].prompt !== null);
  await chat.send('three');
  say([end]);
  await until(() => chat.conversation.runs.length === 2 && !chat.isBusy);
  assert.deepEqual([shown(chat), stream.calls.map(call => call[3])], [[['two', 'Hello there.'], ['three', 'Hello there.']], ['r2']]);
});
