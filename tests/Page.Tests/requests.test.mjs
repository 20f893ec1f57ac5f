import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addRun, applyEvent, isWithoutAnswer, looksComplete, newConversation, resultsOf, settle, takeBack }
  from '../../src/ChatPage/wwwroot/model/fold.js';
import { merge } from '../../src/ChatPage/wwwroot/model/history.js';
import { waitingRun } from '../../src/ChatPage/wwwroot/model/requests.js';
import { history, said } from './chats.mjs';
import { answerNode, asked, askedClient, callNode, continuedRun, continuedState, decided, pausedRun, pausedState, pending } from './waits.mjs';

const apply = (conversation, events) => events.forEach(([cursor, type, body, origin]) => applyEvent(conversation, { cursor, type, body, origin }));
const open = conversation => (waitingRun(conversation)?.pending ?? []).map(request => request.id);
const texts = conversation => conversation.runs.map(run => [run.prompt, run.items.flatMap(item => item.parts ?? []).map(part => part.text ?? part.name)]);
const whole = [['delete', ['delete_notes', 'Deleted.']]];

/** A conversation whose prompt, sent here, waits for an answer. */
function waiting(...more) {
  const conversation = newConversation('s');
  Object.assign(addRun(conversation, 'delete'), { runId: 'r1' });
  apply(conversation, [...pausedRun, ...more]);
  settle(conversation.runs[0]);
  return conversation;
}

/** A conversation as a page has it that has read this state. */
function read(nodes, state) {
  const conversation = newConversation('s');
  merge(conversation, history(nodes, state));
  return conversation;
}

function callHasResult(run) {
  return resultsOf(run).get(run.items[0].parts[0])?.content === 'gone';
}

test('a run that ends with a request is complete, no error, and waits', () => {
  const conversation = waiting();
  const [run] = conversation.runs;
  assert.deepEqual(waitingRun(conversation).pending, [{ id: 'r1-0', kind: 'approval', callId: 'c1', name: 'delete_notes', args: {} }]);
  assert.deepEqual([looksComplete(run), isWithoutAnswer(run), run.items.map(item => item.kind)], [true, false, ['node']]);
});

test('a call for a client waits, too', () => {
  const conversation = waiting(askedClient('6-0', 'r1-1', { tool_name: 'locate' }));
  assert.deepEqual(waitingRun(conversation).pending.map(({ kind, name }) => [kind, name]), [['approval', 'delete_notes'], ['tool', 'locate']]);
});

test('the words of a request in an info of a tool are an info', () => {
  const conversation = newConversation('s');
  apply(conversation, [...pausedRun.slice(0, 4), [...asked('5-0').slice(0, 3), 'developer'], [...decided('6-0').slice(0, 3), 'developer']]);
  assert.deepEqual([open(conversation), conversation.runs[0].items.map(item => item.kind)], [[], ['node', 'info', 'info']]);
});

test('the run that continues is the same turn: the prompt once, the call with its result, nothing open', () => {
  const conversation = waiting(...continuedRun);
  assert.deepEqual([texts(conversation), open(conversation)], [whole, []]);
  assert.equal(callHasResult(conversation.runs[0]), true);
  assert.deepEqual(conversation.runs[0].items.map(item => item.kind), ['node', 'node']);
  assert.equal(looksComplete(conversation.runs[0]), true);
});

test('a run that continues is not complete before its answer', () => {
  assert.equal(looksComplete(waiting(...continuedRun.slice(0, 2)).runs[0]), false);
  assert.equal(looksComplete(waiting(...continuedRun.slice(0, 3)).runs[0]), false);
});

test('what comes again in the run that continues takes back nothing of the one before', () => {
  const conversation = waiting(...continuedRun);
  conversation.cursor = null;
  apply(conversation, continuedRun);
  assert.deepEqual(texts(conversation), whole);
  apply(conversation, [['17-0', 'event', { idx: 0, event: 'llm-begin' }]]);
  assert.deepEqual(texts(conversation), [['delete', ['delete_notes']]]);
});

test('a run that continues may wait again, and is continued again', () => {
  const again = [...pausedRun.slice(1, 4), asked('5-0', 'r2-0')].map(([cursor, ...rest]) => [`2${cursor}`, ...rest]);
  const conversation = waiting(...continuedRun.slice(0, 3), ...again);
  assert.deepEqual([open(conversation), looksComplete(conversation.runs[0])], [['r2-0'], true]);
  apply(conversation, [['31-0', 'begin'], decided('32-0', 'r2-0'), ['33-0', 'event', { idx: 0, event: 'llm-begin' }]]);
  assert.deepEqual([conversation.runs.length, open(conversation), conversation.runs[0].kept], [1, [], 2]);
});

test('an answer that is not the last leaves the others open, and the turn complete', () => {
  const conversation = waiting(asked('6-0', 'r1-1', { tool_call_id: 'c2' }), ['11-0', 'begin'], decided('12-0', 'r1-1'));
  assert.deepEqual([open(conversation), looksComplete(conversation.runs[0]), conversation.runs.length], [['r1-0'], true, 1]);
});

test('what was answered in a run that was not seen here is not open when the turn continues', () => {
  const conversation = waiting(asked('6-0', 'r1-1', { tool_call_id: 'c2' }), ['11-0', 'begin'], decided('12-0', 'r1-1'));
  apply(conversation, continuedRun.slice(2));
  assert.deepEqual([open(conversation), looksComplete(conversation.runs[0])], [[], true]);
});

test('nothing is open in a turn that was canceled when it continued', () => {
  const conversation = waiting(asked('6-0', 'r1-1', { tool_call_id: 'c2' }), ['11-0', 'begin'], decided('12-0', 'r1-1'), ['13-0', 'error', { msg: 'canceled' }]);
  assert.deepEqual([open(conversation), isWithoutAnswer({ ...conversation.runs[0], status: 'ended' })], [[], true]);
});

test('a run that was recovered says some things twice, and they are shown once', () => {
  const conversation = waiting(asked('6-0'));
  assert.deepEqual(open(conversation), ['r1-0']);
  apply(conversation, [...continuedRun, decided('17-0'), asked('18-0')]);
  assert.deepEqual([open(conversation), texts(conversation)], [[], whole]);
});

test('a run that was recovered may tell late that it continues', () => {
  const conversation = waiting(continuedRun[0], ...continuedRun.slice(2), decided('17-0'));
  assert.deepEqual([texts(conversation), callHasResult(conversation.runs[0])], [whole, true]);
});

test('a message that is sent meanwhile is not taken for the turn', () => {
  const conversation = waiting();
  addRun(conversation, 'hi');
  apply(conversation, continuedRun.slice(0, 2));
  assert.deepEqual(conversation.runs.map(run => run.prompt), ['delete', 'hi']);
});

test('what is open stays to be seen until it is known what has begun', () => {
  const conversation = waiting(['11-0', 'begin']);
  assert.deepEqual(open(conversation), ['r1-0']);
  apply(conversation, [['12-0', 'event', { idx: 0, event: 'llm-begin' }]]);
  assert.deepEqual([open(conversation), conversation.runs.length], [[], 2]);
});

test('a prompt declines what is open, unless the server does not take it', () => {
  const conversation = waiting();
  const run = addRun(conversation, 'never mind');
  assert.deepEqual(open(conversation), []);
  takeBack(conversation, run);
  assert.deepEqual(open(conversation), ['r1-0']);
});

test('a page that is opened later shows what is open, and a look takes away what was answered elsewhere', () => {
  const conversation = read([callNode], pausedState);
  assert.deepEqual([open(conversation), texts(conversation)], [['r1-0'], [['delete', ['delete_notes']]]]);
  merge(conversation, history([callNode], { ...pausedState, pending: [] }));
  assert.deepEqual(open(conversation), []);
});

test('a state from before an answer does not open the request again', () => {
  const conversation = waiting(['11-0', 'begin'], decided('12-0'));
  settle(conversation.runs[0]);
  merge(conversation, history([callNode], { run: { ...pausedState.run, begin: null }, pending: [pending(), pending('r1-1')] }));
  assert.deepEqual(open(conversation), ['r1-1']);
});

test('a history whose turn was continued shows its prompt once, also when it is read again', () => {
  const conversation = read([callNode, answerNode], continuedState);
  assert.deepEqual([texts(conversation), callHasResult(conversation.runs[0])], [whole, true]);
  merge(conversation, history([callNode, answerNode], continuedState));
  assert.deepEqual(texts(conversation), whole);
});

test('a turn that was followed here is the one that the history has', () => {
  const conversation = waiting(...continuedRun);
  const [turn] = conversation.runs;
  settle(turn);
  merge(conversation, history([callNode, answerNode], continuedState));
  merge(conversation, history([callNode, answerNode], { run: { ...continuedState.run, begin: null } }));
  assert.deepEqual([conversation.runs.length, conversation.runs[0] === turn, texts(conversation)], [1, true, whole]);
});

test('a turn that waited here and was continued elsewhere is taken from the history', () => {
  const conversation = waiting();
  merge(conversation, history([callNode, answerNode], { run: { ...continuedState.run, begin: null } }));
  assert.deepEqual([texts(conversation), open(conversation)], [whole, []]);
});

for (const [name, nodes] of [['before its first answer', [callNode]], ['after its first answer', [callNode, answerNode]]]) {
  test(`a page that is opened while a turn continues, ${name}, shows its prompt once`, () => {
    const conversation = read(nodes, { ...continuedState, status: 'live' });
    assert.deepEqual(texts(conversation).filter(([prompt]) => prompt === 'delete').length, 1);
    apply(conversation, continuedRun);
    assert.deepEqual([texts(conversation), callHasResult(conversation.runs[0])], [whole, true]);
    merge(conversation, history([callNode], { ...continuedState, status: 'live' }));
    assert.deepEqual(texts(conversation), whole);
  });
}

test('a prompt that is said again instead of an answer is shown twice', () => {
  const conversation = read([callNode], { ...continuedState, status: 'live' });
  apply(conversation, [['11-0', 'begin'], ['12-0', 'event', { idx: 0, event: 'llm-begin' }]]);
  merge(conversation, history([callNode], { ...continuedState, status: 'live' }));
  assert.deepEqual(texts(conversation), [['delete', ['delete_notes']], ['delete', []]]);
});

test('a prompt that is said again when its turn is over is shown at once', () => {
  const live = { status: 'live', run: { run_id: 'r2', prompt: 'hello', begin: '11-0' } };
  assert.deepEqual(texts(read([said('hello', 'Hi.', 'r1')], live)), [['hello', ['Hi.']], ['hello', []]]);
});

test('a turn that failed when it continued shows its prompt once, and what went wrong', () => {
  const failed = { ...continuedState, error: 'canceled' };
  const shown = conversation => [texts(conversation), conversation.runs[0].items.at(-1).kind];
  assert.deepEqual(shown(read([callNode], failed)), [[['delete', ['delete_notes']]], 'error']);
  const conversation = waiting();
  merge(conversation, history([callNode], failed));
  assert.deepEqual(shown(conversation), [[['delete', ['delete_notes']]], 'error']);
});

test('a page that is opened while an answer is taken loses nothing of the turn', () => {
  const conversation = read([callNode], { run: { ...pausedState.run, begin: null }, pending: [pending(), pending('r1-1')], status: 'live' });
  apply(conversation, [['11-0', 'begin'], decided('12-0')]);
  assert.deepEqual([texts(conversation), open(conversation)], [[['delete', ['delete_notes']]], ['r1-1']]);
});

test('a run that continues, whose stream began anew behind the decision, is joined by the history', () => {
  const conversation = waiting(continuedRun[0], ...continuedRun.slice(2));
  assert.equal(conversation.runs.length, 2);
  merge(conversation, history([callNode, answerNode], { ...continuedState, status: 'live' }));
  assert.deepEqual([texts(conversation), callHasResult(conversation.runs[0])], [whole, true]);
});
