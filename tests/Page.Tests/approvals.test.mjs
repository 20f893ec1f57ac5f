import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem, createApi } from '../../src/ChatPage/wwwroot/model/api.js';
import { waitingRun } from '../../src/ChatPage/wwwroot/model/requests.js';
import { chatWith, history, shown, until } from './chats.mjs';
import { fails, script, streamOf, wholeRun } from './streams.mjs';
import { answerNode, asked, callNode, continuedRun, continuedState, pausedRun, pausedState, pending } from './waits.mjs';

const yes = { approved: true, reason: '', args: null, remember: '' };
const paused = history([callNode], pausedState);
const continued = history([callNode], { ...continuedState, status: 'live' });
const receipt = new Response('{"pending":0,"run_id":"r2"}');
const open = chat => (waitingRun(chat.conversation)?.pending ?? []).map(request => request.id);
const whole = [['delete', '|Deleted.']];

/** A page that has opened a session which waits. */
async function waiting(answer, ...sessions) {
  const page = chatWith({ answer, session: script(paused, ...sessions), stream: script(streamOf(continuedRun)) });
  await page.chat.open('s');
  return { ...page, request: waitingRun(page.chat.conversation).pending[0] };
}

const sent = answer => answer.calls.map(([id, requestId, body]) => [id, requestId, JSON.parse(body)]);

test('a prompt whose call waits leaves the page idle, with the request open and nothing to try again', async () => {
  const { chat, notices } = chatWith({ start: script(streamOf(pausedRun)), session: script(paused) });
  await chat.send('delete');
  assert.deepEqual([chat.state, chat.isBusy, chat.canRepeat, open(chat), notices], ['idle', false, false, ['r1-0'], []]);
  assert.equal(chat.conversation.runs[0].note, null);
});

test('an approval closes the request, and the run that continues is followed as the same turn', async () => {
  const answer = script(receipt);
  const { chat, approvals, request } = await waiting(answer, continued, continued);
  assert.equal(await approvals.answer(request, yes), null);
  assert.deepEqual([sent(answer), open(chat)], [[['s', 'r1-0', { approved: true }]], []]);
  await until(() => chat.state === 'idle' && shown(chat)[0][1] !== '');
  assert.deepEqual(shown(chat), whole);
});

test('an answer that is not the last closes its request only', async () => {
  const two = history([callNode], { ...pausedState, pending: [pending(), pending('r1-1')] });
  const { chat, approvals } = chatWith({ session: script(two, two), answer: script(new Response('{"pending":1,"run_id":null}')) });
  await chat.open('s');
  await approvals.answer(waitingRun(chat.conversation).pending[1], yes);
  await until(() => chat.state === 'idle');
  assert.deepEqual(open(chat), ['r1-0']);
});

test('a denial has its reason, an approval what it remembers, and neither what is the other\'s', async () => {
  const answer = script(receipt, receipt, receipt);
  const { approvals, request } = await waiting(answer, continued, continued, continued, continued);
  await approvals.answer(request, { approved: false, reason: ' too early ', args: '{"a":1}', remember: 'tool' });
  await approvals.answer(request, { approved: false, reason: ' ', args: null, remember: '' });
  await approvals.answer(request, { approved: true, reason: 'x', args: null, remember: 'call' });
  assert.deepEqual(sent(answer).map(([, , body]) => body), [{ approved: false, reason: 'too early' }, { approved: false }, { approved: true, remember: 'call' }]);
});

test('other arguments are sent as they were typed', async () => {
  const answer = script(receipt);
  const { approvals, request } = await waiting(answer, continued, continued);
  await approvals.answer(request, { ...yes, args: '{ "id": 12345678901234567890 }', remember: 'tool' });
  assert.equal(answer.calls[0][2], '{"approved":true,"remember":"tool","args":{ "id": 12345678901234567890 }}');
});

for (const args of ['{"amount":', '5', 'null', '[]', '', '{},"approved":false']) {
  test(`arguments that are no JSON object are not sent: ${args}`, async () => {
    const answer = script();
    const { chat, approvals, request } = await waiting(answer);
    const { field, title } = await approvals.answer(request, { ...yes, args });
    assert.deepEqual([field, title], ['args', 'The arguments must be a JSON object.']);
    assert.deepEqual([answer.calls, open(chat)], [[], ['r1-0']]);
  });
}

test('arguments that the tool does not take are told, and the request stays open', async () => {
  const refused = fails(new Problem(400, { detail: 'Not valid.', errors: { 'args/amount': ['must be a number'] } }));
  const { chat, approvals, request, notices } = await waiting(script(refused));
  const problem = await approvals.answer(request, { ...yes, args: '{"amount":"x"}' });
  assert.deepEqual([problem.field, problem.title, problem.lines], ['args', 'Not valid.', ['args/amount: must be a number']]);
  assert.deepEqual([open(chat), notices], [['r1-0'], []]);
});

for (const [name, error] of [
  ['no connection', new TypeError('Failed to fetch')],
  ['a server that cannot', new Problem(503, { detail: 'Out of reach.' })],
  ['a session that is busy', new Problem(409, { detail: 'Busy.', errors: { session_id: ['is busy'] } })],
]) {
  test(`${name} leaves the request open, and the same answer can be given again`, async () => {
    const { chat, approvals, request } = await waiting(script(fails(error), receipt), continued, continued);
    assert.equal((await approvals.answer(request, yes)).field, null);
    assert.deepEqual(open(chat), ['r1-0']);
    assert.equal(await approvals.answer(request, yes), null);
    assert.deepEqual(open(chat), []);
  });
}

for (const status of [404, 409]) {
  test(`who comes too late is told so (${status}), and sees what came of it`, async () => {
    const late = fails(new Problem(status, { errors: { request_id: ['has another answer'] } }));
    const { chat, approvals, request, notices } = await waiting(script(late), history([callNode, answerNode], continuedState));
    assert.equal(await approvals.answer(request, yes), null);
    assert.deepEqual(notices.map(({ kind, title }) => [kind, title]), [['info', 'Somebody else has answered for delete_notes already.']]);
    await until(() => shown(chat)[0][1] === '|Deleted.');
    assert.deepEqual([shown(chat), open(chat)], [whole, []]);
  });
}

test('a request that is answered elsewhere closes, and the run that continues is followed', async () => {
  const { chat } = await waiting(script(), continued, continued);
  await chat.look({ live: true, changed: 'a' });
  assert.deepEqual([open(chat), shown(chat)], [[], whole]);
});

test('a request that is answered elsewhere before the list of sessions was read closes, too', async () => {
  const { chat } = await waiting(script(), history([callNode, answerNode], continuedState));
  await chat.look({ live: false, changed: 'b' });
  assert.deepEqual([open(chat), shown(chat)], [[], whole]);
});

test('a request that is declined elsewhere closes, and the prompt that declined it is shown', async () => {
  const declined = history([callNode], { status: 'live', run: { run_id: 'r2', prompt: 'never mind', begin: '11-0' } });
  const page = chatWith({ session: script(paused, declined), stream: script(streamOf(wholeRun.map(([cursor, ...rest]) => [`1${cursor}`, ...rest]))) });
  await page.chat.open('s');
  await page.chat.look({ live: true, changed: 'a' });
  assert.deepEqual([open(page.chat), shown(page.chat)], [[], [['delete', ''], ['never mind', 'Hello there.']]]);
});

test('a message that waits has its turn when the one that waits for an answer is over', async () => {
  let release;
  const gate = new Promise(resolve => { release = resolve; });
  const queued = new Response('', { headers: { 'X-Run-Id': 'r3' } });
  const later = wholeRun.map(([cursor, ...rest]) => [`2${cursor}`, ...rest]);
  const start = script(async () => (await gate, streamOf(pausedRun)), queued);
  const stream = script(streamOf(continuedRun), streamOf(later));
  const { chat, approvals } = chatWith({ start, stream, answer: script(receipt), session: script(...Array(8).fill(continued)) });
  const first = chat.send('delete');
  const second = chat.send('hi');
  release();
  await Promise.all([first, second]);
  assert.deepEqual([chat.state, open(chat), chat.conversation.waiting.length, stream.calls.length], ['idle', ['r1-0'], 1, 0]);
  await approvals.answer(waitingRun(chat.conversation).pending[0], yes);
  await until(() => shown(chat)[1]?.[1] === 'Hello there.' && chat.state === 'idle');
  assert.deepEqual(shown(chat), [...whole, ['hi', 'Hello there.']]);
  assert.equal(stream.calls[1][3], 'r3');
});

test('a message that waits has its turn, too, when the turn before was answered and ended elsewhere', async () => {
  let release;
  const gate = new Promise(resolve => { release = resolve; });
  const queued = new Response('', { headers: { 'X-Run-Id': 'r3' } });
  const over = history([callNode, answerNode], continuedState);
  const page = chatWith({
    start: script(async () => (await gate, streamOf(pausedRun)), queued),
    stream: script(streamOf(wholeRun.map(([cursor, ...rest]) => [`2${cursor}`, ...rest]))),
    session: script(...Array(4).fill(over)),
  });
  const said = [page.chat.send('delete'), page.chat.send('hi')];
  release();
  await Promise.all(said);
  await page.chat.refresh();
  assert.deepEqual(shown(page.chat), [...whole, ['hi', 'Hello there.']]);
});

test('a session that was left while its answer was on the way does not show in the next', async () => {
  let release;
  const answer = script(() => new Promise(resolve => { release = () => resolve(receipt); }));
  const { chat, approvals, request } = await waiting(answer);
  const given = approvals.answer(request, yes);
  await chat.open(null);
  release();
  assert.equal(await given, null);
  assert.deepEqual([chat.conversation.id, chat.state], [null, 'idle']);
});

test('an answer goes to the request\'s address', async () => {
  const fetch = script(() => new Response('{}'));
  await createApi(fetch).answer('a+b', 'r/1-0', '{"approved":true}');
  const [[url, { method, body, headers }]] = fetch.calls;
  assert.deepEqual([url, method, body, headers['Content-Type']], ['chat/a%2Bb/approvals/r%2F1-0', 'POST', '{"approved":true}', 'application/json']);
});

test('requests of several calls are open in their order', async () => {
  const { chat } = chatWith({ start: script(streamOf([...pausedRun, asked('6-0', 'r1-1', { tool_call_id: 'c2' })])), session: script(paused) });
  await chat.send('delete');
  assert.deepEqual(open(chat), ['r1-0', 'r1-1']);
});
