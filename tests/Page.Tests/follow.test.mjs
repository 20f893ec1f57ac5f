import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../src/ChatPage/wwwroot/model/api.js';
import { backoffMs, follow } from '../../src/ChatPage/wwwroot/model/follow.js';
import { begin, fails, first, nodeBegin, nodeEnd, nothing, script, second, streamOf, wholeRun } from './streams.mjs';

/** Follows to the end; the run is complete when `llm-end` was seen. */
async function run({ start = null, resume = script(), leaveAt = null, seen = [] }) {
  const states = [];
  const waits = [];
  const leave = new AbortController();

  const outcome = await follow({
    start,
    resume,
    onEvent: event => {
      seen.push(event.cursor);

      if (event.cursor === leaveAt) {
        leave.abort();
      }
    },
    isComplete: () => seen.includes(nodeEnd[0]),
    onState: state => states.push(state),
    wait: async ms => { waits.push(ms); },
    signal: leave.signal,
  });

  return { outcome, seen, states, waits };
}

const cursors = wholeRun.map(([cursor]) => cursor);
const network = new TypeError('Failed to fetch');

test('a run that goes well takes one connection', async () => {
  const { outcome, seen, states } = await run({ start: script(streamOf(wholeRun)) });
  assert.deepEqual([outcome, seen, states], ['ended', cursors, ['connecting', 'open']]);
});

test('a connection that breaks is made again, as often as it takes, and each time later', async () => {
  const resume = script(fails(network), fails(network), () => streamOf([second], { breaks: true }), () => streamOf([nodeEnd]));
  const { outcome, seen, states, waits } = await run({ start: script(streamOf([begin, nodeBegin, first], { breaks: true })), resume });
  assert.deepEqual([outcome, seen], ['ended', cursors]);
  assert.equal(states.filter(state => state === 'lost').length, 4);
  assert.equal(waits.length, 4);
});

test('a stream that stops in order but in mid-answer is asked for again', async () => {
  const { outcome, seen } = await run({ start: script(streamOf([begin, nodeBegin, first])), resume: script(streamOf([second, nodeEnd])) });
  assert.deepEqual([outcome, seen], ['ended', cursors]);
});

test('an end that comes too early is believed when it stays', async () => {
  const resume = script(...[1, 2, 3].map(() => () => streamOf([])));
  const { outcome } = await run({ start: script(streamOf([begin, nodeBegin])), resume });
  assert.equal(outcome, 'ended');
  assert.equal(resume.calls.length, 3);
});

test('nothing to follow in mid-answer is believed when it stays, not when the server has just come up', async () => {
  const start = () => script(streamOf([begin, nodeBegin, first], { breaks: true }));
  assert.equal((await run({ start: start(), resume: script(nothing, nothing, nothing) })).outcome, 'nothing');
  const { outcome, seen } = await run({ start: start(), resume: script(nothing, nothing, () => streamOf([second, nodeEnd])) });
  assert.deepEqual([outcome, seen], ['ended', cursors]);
});

test('an end event ends it, whatever came before', async () => {
  const { outcome, seen } = await run({ resume: script(streamOf([first, ['9-0', 'end']])) });
  assert.deepEqual([outcome, seen], ['ended', ['3-0', '9-0']]);
});

test('nothing to follow is no error', async () => {
  const seen = [nodeEnd[0]];
  assert.equal((await run({ resume: script(nothing), seen })).outcome, 'nothing');
});

test('a start that broke is never repeated: the run is looked for', async () => {
  const start = script(fails(network));
  const { outcome, seen } = await run({ start, resume: script(nothing, () => streamOf(wholeRun)) });
  assert.deepEqual([outcome, seen, start.calls.length], ['ended', cursors, 1]);
});

test('a start that broke and is not found after some looks did not happen', async () => {
  assert.equal((await run({ start: script(fails(network)), resume: script(nothing, nothing, nothing) })).outcome, 'nothing');
});

for (const status of [400, 404, 409, 413, 500]) {
  test(`a start that is refused with ${status} is refused`, async () => {
    await assert.rejects(run({ start: script(fails(new Problem(status))) }), error => error.status === status);
  });
}

test('a follow that gets 503 tries again, one that gets 400 does not', async () => {
  assert.equal((await run({ resume: script(fails(new Problem(503)), streamOf(wholeRun)) })).outcome, 'ended');
  await assert.rejects(run({ resume: script(fails(new Problem(400))) }), error => error.status === 400);
});

test('a start that got 503 may have gone through: the run is looked for', async () => {
  const start = script(fails(new Problem(503)));
  const { outcome, seen } = await run({ start, resume: script(fails(new Problem(503)), () => streamOf(wholeRun)) });
  assert.deepEqual([outcome, seen, start.calls.length], ['ended', cursors, 1]);
});

test('who leaves is not connected again', async () => {
  const resume = script();
  const { outcome } = await run({ start: script(streamOf([begin, nodeBegin, first], { breaks: true })), resume, leaveAt: '3-0' });
  assert.deepEqual([outcome, resume.calls.length], ['left', 0]);
});

test('a frame that is no JSON is passed over', async () => {
  const broken = new Response('id: 1-0\ndata: {oops\n\nid: 5-0\ndata: {"type":"event","body":{}}\n\n');
  assert.deepEqual((await run({ resume: script(broken) })).seen, ['5-0']);
});

test('the waits grow to a bound, and are spread', () => {
  const middle = Array.from({ length: 20 }, (_, n) => backoffMs(n + 1, () => 0.5));
  assert.equal(middle[0], 500);
  assert.ok(middle.every((ms, at) => at === 0 || ms >= middle[at - 1]));
  assert.equal(middle.at(-1), 5000);
  assert.ok(backoffMs(1, () => 0) < 500 && backoffMs(1, () => 0.99) > 500);
});
