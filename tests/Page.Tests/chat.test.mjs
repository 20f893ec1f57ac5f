import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem, createApi, isSessionId } from '../../src/AspNetCore/Page/wwwroot/api.js';
import { Chat } from '../../src/AspNetCore/Page/wwwroot/chat.js';
import { begin, fails, first, nodeBegin, nodeEnd, nothing, script, second, streamOf, wholeRun } from './streams.mjs';

class FakeStorage {
  items = new Map();
  getItem = key => this.items.get(key) ?? null;
  setItem = (key, value) => this.items.set(key, value);
  removeItem = key => this.items.delete(key);
}

/** A chat with prepared answers; a lost connection is tried again at once. */
function chatWith({ start = script(), stream = script(), cancel = script(true), storage = new FakeStorage(), onChange } = {}) {
  const notices = [];
  const states = [];
  const chat = new Chat({
    api: { start, stream, cancel },
    storage,
    onNotice: notice => notice && notices.push(notice),
    onChange: () => {
      states.push(chat.isStopping ? 'stopping' : chat.state);
      onChange?.(chat);

      if (chat.state === 'lost') {
        setImmediate(() => chat.retry());
      }
    },
  });
  return { chat, notices, states, storage };
}

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

test('a lost connection goes on behind the last event', async () => {
  const stream = script(fails(new TypeError('Failed to fetch')), () => streamOf([second, nodeEnd]));
  const { chat, states } = chatWith({ start: script(streamOf([begin, nodeBegin, first], { breaks: true })), stream });
  await chat.send('hi');
  assert.equal(answer(chat), 'Hello there.');
  assert.deepEqual(stream.calls.map(([, cursor]) => cursor), ['3-0', '3-0']);
  assert.ok(states.includes('lost'));
});

test('a reload in mid-answer: a second chat on the same storage goes on, nothing missing, nothing twice', async () => {
  const storage = new FakeStorage();
  const before = chatWith({ storage, start: script(() => streamOf(wholeRun.slice(0, 3), { breaks: true })) });
  const kept = new Promise(resolve => {
    before.chat.send('hi');
    const look = () => answer(before.chat) === 'Hello' ? resolve(before.chat.keep()) : setImmediate(look);
    look();
  });
  await kept;
  const { id } = before.chat.conversation;

  // The server may well send again what the page has seen: the fold knows it by its cursor.
  const stream = script(() => streamOf([first, second, nodeEnd]));
  const after = chatWith({ storage, stream });
  await after.chat.open(id);
  assert.deepEqual(stream.calls.map(([session, cursor]) => [session, cursor]), [[id, '3-0']]);
  assert.deepEqual([after.chat.conversation.runs.length, after.chat.conversation.runs[0].prompt, answer(after.chat)], [1, 'hi', 'Hello there.']);
  await before.chat.open(null);
});

test('a page that comes back too late says that the rest is gone', async () => {
  const storage = new FakeStorage();
  storage.setItem('agentstream:s', JSON.stringify({
    version: 1, cursor: '3-0', trimmed: false,
    runs: [{ prompt: 'hi', status: 'live', from: null, note: null, items: [{ kind: 'node', idx: 0, parts: [], returns: [], done: false }] }],
  }));
  const { chat } = chatWith({ storage, stream: script(nothing, nothing, nothing) });
  let isOpen = false;
  chat.open('s').then(() => { isOpen = true; });

  // No need to sit the waits between its looks out.
  while (!isOpen) {
    chat.retry();
    await new Promise(setImmediate);
  }

  assert.deepEqual([chat.state, chat.conversation.runs[0].status, chat.conversation.runs[0].note], ['idle', 'ended', 'gone']);
});

test('a session that is opened by its address alone is read from its start', async () => {
  const stream = script(streamOf(wholeRun));
  const { chat } = chatWith({ stream });
  await chat.open('s');
  assert.deepEqual(stream.calls.map(([id, cursor]) => [id, cursor]), [['s', null]]);
  assert.deepEqual([chat.conversation.runs[0].prompt, answer(chat)], [null, 'Hello there.']);
});

test('a busy session: the message comes back, and the run under way is shown', async () => {
  const stream = script(() => null, () => streamOf(wholeRun));
  const { chat, notices } = chatWith({ start: script(fails(new Problem(409))), stream });
  await chat.open('s');
  await chat.send('mine');
  assert.deepEqual(notices.map(({ kind, prompt }) => [kind, prompt]), [['info', 'mine']]);
  assert.deepEqual(chat.conversation.runs.map(run => run.prompt), [null]);
  assert.equal(answer(chat), 'Hello there.');
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

test('a stop that does not get through says so, and the run goes on', async () => {
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
