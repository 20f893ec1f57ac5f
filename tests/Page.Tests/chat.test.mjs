import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem, createApi, isSessionId } from '../../src/ChatPage/wwwroot/model/api.js';
import { chatWith, history, said, shown, until } from './chats.mjs';
import { begin, fails, first, nodeBegin, nodeEnd, nothing, script, second, streamOf, wholeRun } from './streams.mjs';

const answer = (chat, run = -1) => chat.conversation.runs.at(run).items.flatMap(item => item.parts ?? []).map(part => part.text).join('|');

test('a message is sent with an id of its own, and its answer comes', async () => {
  const start = script(streamOf(wholeRun));
  const { chat, states } = chatWith({ start });
  assert.equal(await chat.send('hi'), true);
  assert.deepEqual([answer(chat), chat.state], ['Hello there.', 'idle']);
  assert.ok(states.includes('live'));
  const [[id, prompt]] = start.calls;
  assert.ok(isSessionId(id));
  assert.deepEqual([id, prompt], [chat.conversation.id, 'hi']);
});

test('nothing is sent that says nothing', async () => {
  const { chat } = chatWith();
  assert.equal(await chat.send('  \n'), false);
});

test('a lost connection continues behind the last event', async () => {
  const stream = script(fails(new TypeError('Failed to fetch')), () => streamOf([second, nodeEnd]));
  const { chat, states } = chatWith({ start: script(streamOf([begin, nodeBegin, first], { breaks: true })), stream });
  await chat.send('hi');
  assert.equal(answer(chat), 'Hello there.');
  assert.deepEqual(stream.calls.map(([, cursor]) => cursor), ['3-0', '3-0']);
  assert.ok(states.includes('lost'));
});

test('a page that opens a session shows its history, and starts nothing', async () => {
  const { chat, states } = chatWith({ session: script(history([said('one', '1', 'r1'), said('two', '2', 'r2')], { run: { run_id: 'r2', prompt: 'two', begin: null } })) });
  await chat.open('s');
  assert.deepEqual(shown(chat), [['one', '1'], ['two', '2']]);
  assert.deepEqual([chat.state, chat.isBusy, chat.canRepeat, states[0]], ['idle', false, false, 'loading']);
});

test('a page that opens a session in mid-answer reads the run from its start, and says no part of it twice', async () => {
  const live = history([said('one', '1', 'r1'), said('two', 'Hello', 'r2')], { status: 'live', run: { run_id: 'r2', prompt: 'two', begin: '1-0' } });
  const stream = script(streamOf(wholeRun));
  const { chat } = chatWith({ session: script(live), stream });
  await chat.open('s');
  assert.deepEqual(shown(chat), [['one', '1'], ['two', 'Hello there.']]);
  assert.deepEqual(stream.calls.map(([id, cursor]) => [id, cursor]), [['s', null]]);
});

test('the prompt of a run that was started elsewhere is shown before the model has answered it', async () => {
  const live = history([said('one', '1', 'r1')], { status: 'live', run: { run_id: 'r2', prompt: 'two', begin: '1-0' } });
  const { chat } = chatWith({ session: script(live), stream: script(streamOf(wholeRun)) });
  await chat.open('s');
  assert.deepEqual(shown(chat), [['one', '1'], ['two', 'Hello there.']]);
});

test('when another run begins than the one that was expected, what was missed comes from the history', async () => {
  const before = history([], { status: 'live', run: { run_id: 'r1', prompt: 'one', begin: '0-9' } });
  const after = history([said('one', '1', 'r1')], { status: 'live', run: { run_id: 'r2', prompt: 'two', begin: '1-0' } });
  const { chat } = chatWith({ session: script(before, after), stream: script(streamOf(wholeRun)) });
  await chat.open('s');
  await until(() => chat.conversation.runs.at(-1).prompt === 'two');
  assert.deepEqual(shown(chat), [['one', '1'], ['two', 'Hello there.']]);
});

test('a run of another tab shows when the list of sessions tells of it, with its prompt', async () => {
  const first = history([said('one', '1', 'r1')]);
  const live = history([said('one', '1', 'r1')], { status: 'live', run: { run_id: 'r2', prompt: 'two', begin: '1-0' } });
  const { chat } = chatWith({ session: script(first, live), stream: script(streamOf(wholeRun)) });
  await chat.open('s');
  const [kept] = chat.conversation.runs;
  await chat.look({ live: false, changed: 'a' });
  await chat.look({ live: true, changed: 'a' });
  assert.deepEqual(shown(chat), [['one', '1'], ['two', 'Hello there.']]);
  assert.equal(chat.conversation.runs[0], kept);
});

test('a run that counts as live before it has said anything is looked for again with each list', async () => {
  const early = history([], { status: 'live' });
  const live = history([], { status: 'live', run: { run_id: 'r1', prompt: 'one', begin: '1-0' } });
  const { chat } = chatWith({ session: script(nothing, early, early, live), stream: script(nothing, nothing, streamOf(wholeRun)) });
  await chat.open('s');

  for (const _ of [1, 2]) {
    await chat.look({ live: true, changed: null });
    assert.deepEqual(shown(chat), []);
  }

  await chat.look({ live: true, changed: null });
  assert.deepEqual(shown(chat), [['one', 'Hello there.']]);
});

test('what was said in a session that was empty when it was opened shows with the first list', async () => {
  const { chat } = chatWith({ session: script(nothing, history([said('one', '1', 'r1')])) });
  await chat.open('s');
  await chat.look({ live: false, changed: 'a' });
  assert.deepEqual(shown(chat), [['one', '1']]);
});

test('what was said elsewhere and is over comes from the history, and what is known is not asked for again', async () => {
  const session = script(history([said('one', '1', 'r1')]), history([said('one', '1', 'r1'), said('two', '2', 'r2')]));
  const { chat } = chatWith({ session });
  await chat.open('s');
  await chat.look({ live: false, changed: 'a' });
  await chat.look({ live: false, changed: 'a' });
  assert.equal(session.calls.length, 1);
  await chat.look({ live: false, changed: 'b' });
  assert.deepEqual(shown(chat), [['one', '1'], ['two', '2']]);
});

test('a session that cannot be read is tried again until it can', async () => {
  const { chat, states } = chatWith({ session: script(fails(new TypeError('Failed to fetch')), history([said('one', '1', 'r1')])) });
  await chat.open('s');
  assert.deepEqual([shown(chat), chat.state, states.includes('lost')], [[['one', '1']], 'idle', true]);
});

test('a message that is said while an answer comes waits for its turn, and is followed when it has come', async () => {
  let release;
  const gate = new Promise(resolve => { release = resolve; });
  const again = wholeRun.map(([cursor, ...rest]) => [cursor.replace('-0', '-7'), ...rest]).map(([cursor, ...rest]) => [`1${cursor}`, ...rest]);
  const queued = new Response('', { headers: { 'X-Run-Id': 'r2', 'X-Waiting': '1' } });
  const first = streamOf(wholeRun);
  const start = script(async () => (await gate, first), queued);
  const stream = script(streamOf(again));
  const { chat } = chatWith({ start, stream, session: script(...Array(8).fill(null)) });
  const sent = chat.send('one');
  const said = chat.send('two');
  await new Promise(setImmediate);
  assert.deepEqual([start.calls.length, chat.conversation.waiting], [1, [{ prompt: 'two', runId: null }]]);
  release();
  await said;
  await sent;
  await until(() => chat.state === 'idle' && chat.conversation.runs.length === 2);
  assert.equal(start.calls[1][4], 'queue');
  assert.deepEqual(shown(chat), [['one', 'Hello there.'], ['two', 'Hello there.']]);
  assert.deepEqual(stream.calls.map(call => [call[1], call[3]]), [[null, 'r2']]);
  assert.deepEqual(chat.conversation.waiting, []);
});

test('a message that may not wait comes back', async () => {
  let release;
  const gate = new Promise(resolve => { release = resolve; });
  const { chat, notices } = chatWith({ start: script(async () => (await gate, streamOf(wholeRun)), fails(new Problem(409, { detail: 'Too many wait.' }))) });
  const sent = chat.send('one');
  const said = chat.send('two');
  release();
  await Promise.all([sent, said]);
  assert.deepEqual(notices.map(({ title, prompt }) => [title, prompt]), [['Too many wait.', 'two']]);
  assert.deepEqual(shown(chat), [['one', 'Hello there.']]);
});

test('what was canceled can be asked again', async () => {
  const canceled = [begin, ['6-0', 'error', { msg: 'canceled' }], ['6-1', 'end']];
  const later = wholeRun.map(([cursor, ...rest]) => [`1${cursor}`, ...rest]);
  const { chat } = chatWith({ start: script(streamOf(canceled), streamOf(later)) });
  await chat.send('hi');
  assert.equal(chat.canRepeat, true);
  await chat.repeat();
  assert.deepEqual(shown(chat), [['hi', ''], ['hi', 'Hello there.']]);
  assert.equal(chat.canRepeat, false);
});

test('a session that nobody has written to is empty', async () => {
  const { chat } = chatWith();
  await chat.open('s');
  assert.deepEqual([chat.state, chat.conversation.runs, chat.conversation.id], ['idle', [], 's']);
});

test('a busy session: the message comes back, and the run under way is shown', async () => {
  const live = history([], { status: 'live', run: { run_id: 'r1', prompt: 'theirs', begin: '1-0' } });
  const { chat, notices } = chatWith({ start: script(fails(new Problem(409))), stream: script(() => streamOf(wholeRun)), session: script(null, live) });
  await chat.open('s');
  await chat.send('mine');
  assert.deepEqual(notices.map(({ kind, prompt }) => [kind, prompt]), [['info', 'mine']]);
  assert.deepEqual(shown(chat), [['theirs', 'Hello there.']]);
});

test('a session made for a message can be busy with that message only', async () => {
  const { chat, notices } = chatWith({ start: script(fails(new Problem(409))), stream: script(streamOf(wholeRun)) });
  await chat.send('mine');
  assert.deepEqual([notices.length, chat.conversation.runs.length, chat.conversation.runs[0].prompt, answer(chat)], [0, 1, 'mine', 'Hello there.']);
});

test('a message that is refused comes back with what the server says', async () => {
  const problem = new Problem(400, { title: 'Not valid.', detail: 'See errors.', errors: { prompt: ['must not be empty'] } });
  const { chat, notices } = chatWith({ start: script(fails(problem)) });
  await chat.send('x');
  assert.deepEqual(notices, [{ kind: 'error', title: 'See errors.', lines: ['prompt: must not be empty'], prompt: 'x' }]);
  assert.deepEqual([chat.state, chat.conversation.runs], ['idle', []]);
});

test('a server that says why it cannot is quoted once, until it can', async () => {
  const away = fails(new Problem(503, { title: 'Out of reach.', detail: 'Look again.' }));
  const { chat, notices } = chatWith({ start: script(away), stream: script(away, () => streamOf(wholeRun)) });
  await chat.send('mine');
  assert.deepEqual(notices, [{ kind: 'error', title: 'Look again.', lines: [] }]);
  assert.equal(answer(chat), 'Hello there.');
  assert.deepEqual(chat.conversation.runs.map(run => run.prompt), ['mine']);
});

test('stop cancels the run, and its end still comes', async () => {
  const cancel = script(true);
  const { chat, states } = chatWith({
    start: script(streamOf([begin, nodeBegin, first, ['6-0', 'error', { msg: 'canceled' }]])),
    cancel,
    onChange: shown => shown.conversation.cursor === '3-0' && shown.stop(),
  });
  await chat.send('hi');
  assert.deepEqual(cancel.calls, [[chat.conversation.id]]);
  assert.ok(states.includes('stopping'));
  assert.deepEqual([chat.state, chat.isStopping, chat.conversation.runs[0].items.at(-1).kind], ['idle', false, 'error']);
});

test('a stop before the run has begun waits for its begin', async () => {
  const cancel = script(true);
  let callsAtBegin = null;
  const start = script(async () => {
    callsAtBegin = cancel.calls.length;
    return streamOf([begin, ['6-0', 'error', { msg: 'canceled' }]]);
  });
  const { chat } = chatWith({ start, cancel });
  const sent = chat.send('hi');
  await chat.stop();
  await sent;
  assert.deepEqual([callsAtBegin, cancel.calls.length], [0, 1]);
});

test('a stop that does not get through says so, and the run continues', async () => {
  const { chat, notices } = chatWith({
    start: script(streamOf(wholeRun)),
    cancel: script(fails(new TypeError('Failed to fetch'))),
    onChange: shown => shown.conversation.cursor === '3-0' && notices.length === 0 && shown.stop(),
  });
  await chat.send('hi');
  assert.ok(notices.some(({ title }) => title === 'The stop did not get through.'));
  assert.equal(answer(chat), 'Hello there.');
});

test('the conversation that is left behind changes nothing in the one that is opened', async () => {
  const { chat } = chatWith({
    start: script(streamOf(wholeRun)),
    onChange: shown => shown.conversation.cursor === '3-0' && shown.open(null),
  });
  await chat.send('hi');
  assert.deepEqual([chat.conversation.id, chat.conversation.runs, chat.state], [null, [], 'idle']);
});

test('the routes are relative, and ids and cursors are where the server looks for them', async () => {
  const fetch = script(...Array.from({ length: 4 }, () => () => new Response('{"cancelled":false}')), () => new Response(null, { status: 204 }));
  const api = createApi(fetch);
  await api.start('a+b', 'hi', 'helper');
  await api.stream('a+b', '7-1');
  await api.stream('a+b', null);
  assert.equal(await api.cancel('a+b'), false);
  assert.equal(await api.stream('s', '7-1'), null);
  assert.deepEqual(fetch.calls.map(([url]) => url), ['chat', 'chat/a%2Bb/stream', 'chat/a%2Bb/stream', 'chat/a%2Bb/cancel', 'chat/s/stream']);
  assert.deepEqual(JSON.parse(fetch.calls[0][1].body), { prompt: 'hi', session_id: 'a+b', agent: 'helper' });
  assert.deepEqual([1, 2].map(call => fetch.calls[call][1].headers['Last-Event-ID']), ['7-1', undefined]);
});

test('a problem is told with its title, detail and rules; without details, with its status', async () => {
  const body = JSON.stringify({ title: 'Too large.', detail: 'At most 1 MiB.', errors: { prompt: ['a', 'b'] } });
  const api = createApi(script(() => new Response(body, { status: 413 }), () => new Response('<html>', { status: 502 })));
  await assert.rejects(api.start('s', 'x'), { status: 413, message: 'Too large.', detail: 'At most 1 MiB.', rules: ['prompt: a', 'prompt: b'] });
  await assert.rejects(api.start('s', 'x'), { status: 502, message: 'The server answered with status 502.' });
});

test('session ids follow the rule of the server', () => {
  assert.deepEqual(['a', 'A.z_0~@=+-', 'x'.repeat(128)].map(isSessionId), [true, true, true]);
  assert.deepEqual(['', '.', '..', 'a:b', 'a/b', 'x'.repeat(129), 'é', null].map(isSessionId), Array(8).fill(false));
});
