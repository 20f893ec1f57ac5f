import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addRun, applyEvent, compareCursors, looksComplete, newConversation, resultsOf, settle }
  from '../../src/ChatPage/wwwroot/model/fold.js';

const begin = { type: 'begin', body: { session_id: 's' } };
const node = (idx, event, more = {}) => ({ type: 'event', body: { idx, event, ...more } });
const text = (idx, n, content) => node(idx, 'part_start', { event_idx: n, part_kind: 'text', content });
const more = (idx, n, content_delta) => node(idx, 'part_delta', { event_idx: n, part_delta_kind: 'text', content_delta });
const call = (idx, n, id) => node(idx, 'part_start', { event_idx: n, part_kind: 'tool-call', tool_name: 'calculate', tool_call_id: id, args: { x: 1 } });
const result = (idx, id, content) => node(idx, 'part_start', { part_kind: 'tool-return', tool_name: 'calculate', tool_call_id: id, content });

function fold(...events) {
  const conversation = newConversation('s');
  addRun(conversation, 'hello');
  events.forEach((event, at) => applyEvent(conversation, { cursor: `${at + 1}-0`, ...event }));
  return conversation;
}

const texts = run => run.items.flatMap(item => item.parts ?? []).map(part => part.text);

test('the example of the protocol: a thought, a tool call with its result, an answer', () => {
  const { runs } = fold(
    begin,
    node(0, 'llm-begin'),
    node(0, 'part_start', { event_idx: 0, part_kind: 'thinking', content: 'I need' }),
    node(0, 'part_delta', { event_idx: 0, part_delta_kind: 'thinking', content_delta: ' a tool.' }),
    call(0, 1, 'c1'),
    node(0, 'llm-end'),
    node(1, 'llm-begin'),
    result(1, 'c1', '84'),
    text(1, 0, '12'),
    node(1, 'answer'),
    more(1, 0, '*7 is 84.'),
    node(1, 'llm-end'));

  assert.equal(runs.length, 1);
  const [first, second] = runs[0].items;
  assert.deepEqual(first.parts.map(part => part.text ?? part.args), ['I need a tool.', { x: 1 }]);
  assert.deepEqual(second.parts, [{ kind: 'text', n: 0, text: '12*7 is 84.' }]);
  assert.equal(resultsOf(runs[0]).get(first.parts[1]).content, '84');
  assert.equal(runs[0].status, 'live');
  assert.ok(looksComplete(runs[0]));
});

test('a repeated llm-begin takes back what the node had brought, tool results too, and nothing else', () => {
  const { runs } = fold(
    begin,
    node(0, 'llm-begin'), call(0, 0, 'c1'), node(0, 'llm-end'),
    node(1, 'llm-begin'), result(1, 'c1', 'old'), text(1, 0, 'half an ans'),
    { type: 'info', body: { msg: 'resumed', idx: 1 } },
    node(1, 'llm-begin'), text(1, 0, 'a whole answer'));

  assert.deepEqual(texts(runs[0]), [undefined, 'a whole answer']);
  assert.deepEqual(runs[0].items.map(item => item.kind), ['node', 'info', 'node']);
  assert.equal(resultsOf(runs[0]).get(runs[0].items[0].parts[0]), undefined);
});

test('a node that comes again takes the later ones of the run with it', () => {
  const { runs } = fold(
    begin,
    node(0, 'llm-begin'), call(0, 0, 'c1'), node(0, 'llm-end'),
    node(1, 'llm-begin'), result(1, 'c1', 'x'), text(1, 0, 'lost'), node(1, 'llm-end'),
    node(2, 'llm-begin'), text(2, 0, 'lost, too'),
    node(0, 'llm-begin'), text(0, 0, 'anew'));
  assert.deepEqual(texts(runs[0]), ['anew']);
  assert.deepEqual(runs[0].items.map(item => item.idx), [0]);
});

test('the same begin once more reads the run anew', () => {
  const conversation = fold(begin, node(0, 'llm-begin'), text(0, 0, 'a'));
  conversation.cursor = null;
  [{ cursor: '1-0', ...begin }, { cursor: '2-0', ...node(0, 'llm-begin') }, { cursor: '3-0', ...text(0, 0, 'a') }].forEach(event => applyEvent(conversation, event));
  assert.deepEqual(conversation.runs.map(texts), [['a']]);
});

test('a run that nobody asked for and that says nothing leaves nothing', () => {
  const conversation = newConversation('s');
  [{ cursor: '1-0', ...begin }, { cursor: '2-0', type: 'end' }].forEach(event => applyEvent(conversation, event));
  assert.deepEqual(conversation.runs, []);
});

test('an event that was seen is not folded in again', () => {
  const conversation = fold(begin, node(0, 'llm-begin'), text(0, 0, 'a'), more(0, 0, 'b'));
  assert.equal(applyEvent(conversation, { cursor: '4-0', ...more(0, 0, 'b') }), false);
  assert.equal(applyEvent(conversation, { cursor: '3-9', ...more(0, 0, 'b') }), false);
  assert.equal(applyEvent(conversation, { cursor: '4-1', ...more(0, 0, 'c') }), true);
  assert.deepEqual(texts(conversation.runs[0]), ['abc']);
});

test('a call id that comes again belongs to the newer call', () => {
  const { runs: [run] } = fold(
    begin,
    node(0, 'llm-begin'), call(0, 0, 'c'), node(1, 'llm-begin'), result(1, 'c', 'one'),
    call(1, 0, 'c'), node(2, 'llm-begin'), result(2, 'c', 'two'));
  const results = resultsOf(run);
  assert.deepEqual([0, 1].map(idx => results.get(run.items[idx].parts[0]).content), ['one', 'two']);
});

test('two calls of one node each get their own result, in whatever order', () => {
  const { runs: [run] } = fold(
    begin, node(0, 'llm-begin'), call(0, 0, 'a'), call(0, 1, 'b'), node(1, 'llm-begin'), result(1, 'b', 'B'), result(1, 'a', 'A'));
  const results = resultsOf(run);
  assert.deepEqual(run.items[0].parts.map(part => results.get(part).content), ['A', 'B']);
});

test('a result whose call was never seen stands for itself', () => {
  const { runs: [run] } = fold(begin, node(1, 'llm-begin'), result(1, 'c', 'x'));
  const stray = run.items[0].returns[0];
  assert.equal(resultsOf(run).get(stray), stray);
});

test('begin while a run is under way starts a new one; of the old one the rest is gone', () => {
  const { runs } = fold(begin, node(0, 'llm-begin'), text(0, 0, 'a'), begin, node(0, 'llm-begin'), text(0, 0, 'b'));
  assert.deepEqual(runs.map(run => [run.prompt, run.status, run.note, texts(run)]),
    [['hello', 'ended', 'gone', ['a']], [null, 'live', null, ['b']]]);
});

test('a run knows the cursor behind which it begins', () => {
  const conversation = fold(begin, node(0, 'llm-begin'), text(0, 0, 'a'), node(0, 'llm-end'));
  settle(conversation.runs[0]);
  assert.equal(addRun(conversation, 'again').from, '4-0');
});

test('a run that was taken for ended continues when more of it comes', () => {
  const conversation = fold(begin, node(0, 'llm-begin'), text(0, 0, 'a'));
  settle(conversation.runs[0], 'gone');
  applyEvent(conversation, { cursor: '9-0', ...more(0, 0, 'b') });
  assert.deepEqual([conversation.runs[0].status, conversation.runs[0].note, ...texts(conversation.runs[0])], ['live', null, 'ab']);
});

test('infos and errors keep their place, end ends', () => {
  const { runs: [run] } = fold(
    begin, node(0, 'llm-begin'), { type: 'info', body: { msg: 'i' } }, { type: 'error', body: { msg: 'canceled' } }, { type: 'end' });
  assert.deepEqual(run.items.map(item => item.kind), ['node', 'info', 'error']);
  assert.equal(run.status, 'ended');
});

test('a run looks complete at an answer or an error, not in mid-node, not with a tool call open', () => {
  const complete = (...events) => looksComplete(fold(begin, ...events).runs[0]);
  assert.equal(complete(), false);
  assert.equal(complete(node(0, 'llm-begin'), text(0, 0, 'a')), false);
  assert.equal(complete(node(0, 'llm-begin'), text(0, 0, 'a'), node(0, 'llm-end')), true);
  assert.equal(complete(node(0, 'llm-begin'), text(0, 0, 'a'), node(0, 'llm-end'), { type: 'info' }), true);
  assert.equal(complete(node(0, 'llm-begin'), call(0, 0, 'c'), node(0, 'llm-end')), false);
  assert.equal(complete(node(0, 'llm-begin'), { type: 'error', body: { msg: 'canceled' } }), true);
});

test('what is unknown does no harm', () => {
  const { runs: [run] } = fold(
    begin, { type: 'surprise' }, { type: 'event' }, node(0, 'llm-begin'), node(0, 'dance'), more(0, 3, 'x'),
    node(0, 'part_start', { event_idx: 4, part_kind: 'picture', content: 'y' }));
  assert.deepEqual(texts(run), ['x']);
});

test('what the server shows from the journal takes the place of what was there, and the stream goes on behind it', () => {
  const conversation = newConversation();
  const at = (cursor, event) => applyEvent(conversation, { cursor, ...event });
  const replayed = (place, number) => `7-${BigInt(place) + (BigInt(number) << 32n)}`;
  at('7-1', begin);
  at('7-2', node(0, 'llm-begin'));
  at('7-3', text(0, 0, 'It '));

  assert.ok(at(replayed(3, 1), { type: 'info', origin: 'agentstream', body: { msg: 'replayed' } }));
  assert.ok(at(replayed(3, 2), node(0, 'llm-begin')));
  assert.ok(at(replayed(3, 3), text(0, 0, 'It is done.')));
  assert.ok(at(replayed(8, 4), node(0, 'llm-end')));
  assert.ok(!at(replayed(8, 4), node(0, 'llm-end')));
  assert.ok(at(replayed(9, 5), { type: 'end' }));
  assert.ok(!at('7-9', { type: 'end' }));
  assert.ok(at('7-10', begin));
  assert.equal(conversation.runs.length, 2);
  assert.deepEqual(texts(conversation.runs[0]), ['It is done.']);
  assert.ok(conversation.runs[0].items.every(item => item.kind === 'node'));
});

test('cursors are compared as two numbers of 64 bits', () => {
  assert.equal(compareCursors('9-0', '10-0'), -1);
  assert.equal(compareCursors('10-9', '10-10'), -1);
  assert.equal(compareCursors('10', '10-0'), 0);
  assert.equal(compareCursors('18446744073709551615-1', '18446744073709551615-0'), 1);
  assert.equal(compareCursors('other', '1-0'), 1);
});
