import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addRun, applyEvent, newConversation, resultsOf, settle } from '../../src/ChatPage/wwwroot/model/fold.js';
import { merge, runsOf } from '../../src/ChatPage/wwwroot/model/history.js';

const prompt = content => ({ part_kind: 'user-prompt', content });
const text = content => ({ part_kind: 'text', content });
const call = (id, args) => ({ part_kind: 'tool-call', tool_name: 'calculate', tool_call_id: id, args });
const result = (id, content) => ({ part_kind: 'tool-return', tool_name: 'calculate', tool_call_id: id, content });
const node = (run_id, ...parts) => ({ run_id, parts });
const session = (nodes, more = {}) => ({ status: 'idle', error: null, waiting: 0, run: null, nodes, ...more });
const shown = runs => runs.map(run => [run.prompt, run.runId, run.items.flatMap(item => item.parts ?? []).map(part => part.text ?? part.args)]);

test('the nodes of a prompt are one run, with thoughts, calls and their results', () => {
  const [run, ...others] = runsOf([
    node('r1', prompt('what is 12*7?'), { part_kind: 'thinking', content: 'hm' }, call('c1', '{"x":1}')),
    node('r1', result('c1', '84'), text('84.')),
  ]);
  assert.deepEqual([others, run.prompt, run.status, run.items.map(item => item.idx)], [[], 'what is 12*7?', 'ended', [0, 1]]);
  assert.deepEqual(run.items[0].parts[1].args, { x: 1 });
  assert.equal(resultsOf(run).get(run.items[0].parts[1]).content, '84');
});

test('a prompt that got no answer leads the next, and results of a run that was canceled are its own', () => {
  const runs = runsOf([
    node('r1', prompt('one'), call('c1', {})),
    node('r3', result('c1', 'interrupted'), prompt('two'), prompt('three'), text('3')),
  ]);
  assert.deepEqual(shown(runs), [['one', 'r1', [{}]], ['two', null, []], ['three', 'r3', ['3']]]);
  assert.equal(resultsOf(runs[0]).get(runs[0].items[0].parts[0]).content, 'interrupted');
});

test('a prompt of several pieces shows its words and names the rest', () => {
  assert.equal(runsOf([node('r', prompt(['see', { kind: 'image-url' }, { kind: 'text', content: 'this' }]))])[0].prompt, 'see\n[image-url]\nthis');
});

test('a history that came from elsewhere has no ids and still has runs', () => {
  assert.deepEqual(shown(runsOf([node(undefined, prompt('a'), text('1')), node(undefined, prompt('b'), text('2'))])), [['a', null, ['1']], ['b', null, ['2']]]);
});

test('a run that ended without an answer is shown with its prompt and what went wrong', () => {
  const conversation = newConversation('s');
  merge(conversation, session([], { error: 'canceled', run: { run_id: 'r1', prompt: 'one', begin: null } }));
  assert.deepEqual(conversation.runs.map(run => [run.prompt, run.items]), [['one', [{ kind: 'error', body: { msg: 'canceled' } }]]]);
});

test('what is known here stays as it is, since the stream said more', () => {
  const conversation = newConversation('s');
  const run = Object.assign(addRun(conversation, 'one'), { runId: 'r1' });
  [['1-0', 'begin'], ['2-0', 'info', { msg: 'resumed' }], ['3-0', 'end']].forEach(([cursor, type, body]) => applyEvent(conversation, { cursor, type, body }));
  merge(conversation, session([node('r0', prompt('zero'), text('0')), node('r1', prompt('one'), text('1'))]));
  assert.equal(conversation.runs[1], run);
  assert.deepEqual(conversation.runs.map(known => known.prompt), ['zero', 'one']);

  settle(run, 'gone');
  merge(conversation, session([node('r1', prompt('one'), text('1'))]));
  assert.deepEqual(shown(conversation.runs), [['one', 'r1', ['1']]]);
});

test('a state that is older than the stream is not taken', () => {
  const conversation = newConversation('s');
  applyEvent(conversation, { cursor: '5-0', type: 'begin' });
  assert.equal(merge(conversation, session([node('r1', prompt('one'), text('1'))], { run: { run_id: 'r1', prompt: 'one', begin: '4-0' } })), false);
  assert.equal(merge(conversation, session([], { status: 'live', run: { run_id: 'r2', prompt: 'two', begin: null } })), false);
  assert.deepEqual(conversation.runs.map(run => run.prompt), [null]);
});

test('a message that is on its way stays behind all that was said before', () => {
  const conversation = newConversation('s');
  addRun(conversation, 'mine');
  merge(conversation, session([node('r1', prompt('one'), text('1'))]));
  assert.deepEqual(conversation.runs.map(run => [run.prompt, run.status]), [['one', 'ended'], ['mine', 'starting']]);
});

test('a state from before the end does not take back what has ended since', () => {
  const conversation = newConversation('s');
  [['5-0', 'begin'], ['6-0', 'info', {}], ['7-0', 'end']].forEach(([cursor, type, body]) => applyEvent(conversation, { cursor, type, body }));
  const [run] = conversation.runs;
  assert.equal(merge(conversation, session([], { status: 'live', run: { run_id: 'r1', prompt: 'one', begin: '5-0' } })), true);
  assert.deepEqual([conversation.runs.length, conversation.runs[0] === run, run.status, run.prompt], [1, true, 'ended', 'one']);
  assert.equal(merge(conversation, session([], { status: 'live' })), false);
  assert.equal(conversation.runs[0], run);

  // Nobody follows it any more, so it must not be waited for.
  settle(run, 'gone');
  merge(conversation, session([], { status: 'live', run: { run_id: 'r1', prompt: 'one', begin: '5-0' } }));
  assert.deepEqual(conversation.runs.map(known => known.status), ['ended']);
});

test('while a run is followed, the one after it has to wait', () => {
  const conversation = newConversation('s');
  applyEvent(conversation, { cursor: '5-0', type: 'begin' });
  assert.equal(merge(conversation, session([], { status: 'live', run: { run_id: 'r2', prompt: 'two', begin: '9-0' } })), false);
  assert.deepEqual(conversation.runs.map(run => run.status), ['live']);
});
