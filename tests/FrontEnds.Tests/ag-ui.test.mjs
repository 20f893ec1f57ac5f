import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { newAgent } from './agent.mjs';
import { counted, expired, session, startCutter, startSilo, to20 } from './silo.mjs';

let silo;
before(async () => { silo = await startSilo(); });
after(() => silo?.stop());

// The client (1.0.0) cancels a body that is broken already, and leaves that promise's rejection unhandled: here a body that is cut ends.
function endsWhenCut(response) {
  const reader = response.body.getReader();
  const pull = async controller => {
    const { done, value } = await reader.read().catch(() => ({ done: true }));
    done ? controller.close() : controller.enqueue(value);
  };
  return new Response(new ReadableStream({ pull }), response);
}

describe('AG-UI', () => {
  test('text', async () => {
    const agent = newAgent(silo.url);
    const { newMessages } = await agent.say('count to 20');
    assert.deepEqual(newMessages.map(message => [message.role, message.content]), [['assistant', counted(20)]]);
    assert.deepEqual(agent.types(), [
      'RUN_STARTED', 'STEP_STARTED', 'TEXT_MESSAGE_START', 'TEXT_MESSAGE_CONTENT', 'TEXT_MESSAGE_END', 'STEP_FINISHED', 'RUN_FINISHED',
    ]);
    assert.deepEqual(agent.events.at(-1).outcome, { type: 'success' });
    assert.equal(agent.events.at(-1).threadId, agent.threadId);
    assert.equal(agent.events.at(-1).runId, agent.events[0].runId);
  });

  test('reasoning', async () => {
    const agent = newAgent(silo.url);
    await agent.say('think 20');
    const said = (await session(silo, agent.threadId)).nodes.flatMap(node => node.parts);
    assert.deepEqual(agent.messages.map(message => [message.role, message.content]), [
      ['user', 'think 20'],
      ['reasoning', said.find(part => part.part_kind === 'thinking').content],
      ['assistant', said.find(part => part.part_kind === 'text').content],
    ]);
    assert.deepEqual(agent.types().slice(2, 7), [
      'REASONING_START', 'REASONING_MESSAGE_START', 'REASONING_MESSAGE_CONTENT', 'REASONING_MESSAGE_END', 'REASONING_END',
    ]);
  });

  test('tool calls and their results', async () => {
    const agent = newAgent(silo.url);
    await agent.say('what is 12*7 and 3*3?');
    const calling = agent.messages.filter(message => message.toolCalls);
    assert.equal(calling.length, 1);
    assert.deepEqual(calling[0].toolCalls.map(call => [call.function.name, JSON.parse(call.function.arguments)]), [
      ['calculate', { expression: '12*7' }],
      ['calculate', { expression: '3*3' }],
    ]);
    const results = agent.messages.filter(message => message.role === 'tool');
    assert.deepEqual(results.map(result => [result.toolCallId, result.content]), [[calling[0].toolCalls[0].id, '84'], [calling[0].toolCalls[1].id, '9']]);
    assert.match(agent.messages.at(-1).content, /84[^]*9/);
  });

  test('a second prompt in the same session', async () => {
    const agent = newAgent(silo.url);
    await agent.say('count to 3');
    await agent.say('count to 4');
    assert.deepEqual(agent.messages.map(message => message.content), ['count to 3', counted(3), 'count to 4', counted(4)]);
    assert.equal((await session(silo, agent.threadId)).nodes.length, 2);
  });

  test('a prompt for a busy session is refused, and its run continues', async t => {
    t.mock.method(console, 'error', () => {});
    const agent = newAgent(silo.url);
    const running = agent.say('count to 100000');
    await agent.when(() => agent.answer() !== '');
    await assert.rejects(newAgent(silo.url, agent.threadId).say('count to 3'), { status: 409, message: /The session has a run under way/ });
    const before = agent.answer();
    await agent.when(() => agent.answer() !== before);
    await agent.cancel();
    await running;
    assert.ok(counted(100000).startsWith(agent.answer()));
  });

  test('a prompt that replaces the run of a busy session gets its own answer', async () => {
    const agent = newAgent(silo.url);
    const running = agent.say('count to 100000');
    await agent.when(() => agent.answer() !== '');
    const other = newAgent(silo.url, agent.threadId);
    await other.say('count to 3', { forwardedProps: { on_busy: 'replace' } });
    await running;
    const last = agent.events.at(-1);
    assert.equal(last.outcome?.type, 'cancelled', JSON.stringify(last));
    assert.deepEqual([other.answer(), other.events.at(-1).outcome], [counted(3), { type: 'success' }]);
  });

  test('a failed run is a run error, with what was said before it', async () => {
    const agent = newAgent(silo.url);
    await agent.say('fail');
    const { type, message, code } = agent.events.at(-1);
    assert.deepEqual([type, message, code], ['RUN_ERROR', 'crashed - The demo model failed, as it was asked to.', 'crashed']);
    assert.notEqual(agent.answer(), '');
  });

  test('a cancel ends the run where it is', async () => {
    const agent = newAgent(silo.url);
    const running = agent.say('count to 100000');
    await agent.when(() => agent.answer() !== '');
    assert.deepEqual(await agent.cancel(), { cancelled: true });
    await running;
    assert.deepEqual(agent.events.at(-1).outcome, { type: 'cancelled' });
    assert.ok(counted(100000).startsWith(agent.answer()));
    assert.equal((await session(silo, agent.threadId)).error, 'canceled');
  });

  test('abortRun() leaves the run alone, and the agent comes back to it', async () => {
    const cutter = await startCutter(silo.url, to20);
    try {
      const agent = newAgent(cutter.url);
      const running = agent.say('count to 300');
      await agent.when(() => agent.answer() !== '');
      agent.abortRun();
      await running;
      assert.notEqual(agent.answer(), counted(300));
      cutter.cut();
      await agent.resume();
      assert.deepEqual([agent.answer(), agent.messages.length], [counted(300), 2]);
    } finally {
      await cutter.stop();
    }
  });

  test('a connection that is cut in mid-answer is resumed', async () => {
    const cutter = await startCutter(silo.url, to20);
    try {
      const agent = newAgent(cutter.url);
      agent.fetch = async (...request) => endsWhenCut(await fetch(...request));
      const running = agent.say('think 5, what is 12*7, count to 300');
      await agent.when(() => agent.answer().includes('20 '));
      cutter.cut();
      await running;
      assert.equal(agent.events.at(-1).type, 'TEXT_MESSAGE_CONTENT');
      await agent.resume();

      // As one sees it who was never cut off.
      const whole = newAgent(silo.url, agent.threadId);
      await whole.resume();
      assert.deepEqual(agent.messages.slice(1), whole.messages);
      assert.ok(agent.answer().endsWith(counted(300)));
    } finally {
      await cutter.stop();
    }
  });

  test('an agent that slept until the stream is gone has the whole answer when it wakes', async () => {
    const far = await startSilo('--AgentStream:GracePeriod=0s');
    const cutter = await startCutter(far.url, to20);
    const agent = newAgent(cutter.url);
    agent.fetch = async (...request) => endsWhenCut(await fetch(...request));
    const running = agent.say('count to 300');
    await agent.when(() => agent.answer().includes('20 '));
    await cutter.stop();
    await running;
    await expired(far, agent.threadId);
    agent.fetch = (...request) => fetch(...request);
    const again = await startCutter(far.url, { port: Number(new URL(cutter.url).port) });
    try {
      await agent.resume();
      assert.deepEqual([agent.answer(), agent.messages.length], [counted(300), 2]);
    } finally {
      await again.stop();
      await far.stop();
    }
  });

  test('there is nothing to come back to in a session without a run', async () => {
    const agent = newAgent(silo.url);
    await agent.resume();
    assert.deepEqual([agent.events, agent.messages], [[], []]);
  });

  test('behind any frame the client takes the rest, and has the same messages', async () => {
    const agent = newAgent(silo.url);
    await agent.say('think 2, what is 12*7, count to 3');
    const url = `${silo.url}/ag-ui/${agent.threadId}`;
    const whole = (await (await fetch(url)).text()).split('\n\n').filter(Boolean);
    const places = whole.map(frame => /^id: (\S+)/.exec(frame)?.[1]).filter(Boolean);
    assert.ok(places.length > 20);
    for (const [i, place] of places.entries()) {
      // A client that had the frames up to this one ...
      const half = newAgent(silo.url, agent.threadId);
      half.fetch = async () => new Response(whole.slice(0, i + 1).map(frame => `${frame}\n\n`).join(''), { headers: { 'Content-Type': 'text/event-stream' } });
      await half.connectAgent();

      // ... and gets those behind it.
      half.fetch = () => fetch(url, { headers: { 'Last-Event-ID': place } });
      await half.connectAgent();
      assert.deepEqual(half.messages, agent.messages.slice(1), `behind frame ${i + 1}: ${whole[i]}`);
      assert.equal(half.events.at(-1).type, 'RUN_FINISHED');
    }
  });

  test('the client finds nothing in the events that it does not know', async t => {
    const warn = t.mock.method(console, 'warn', () => {});
    const agent = newAgent(silo.url);
    await agent.say('think 2, what is 12*7?');
    await agent.resume();
    assert.deepEqual(warn.mock.calls.map(call => call.arguments), []);
  });

  describe('history', () => {
    // The ids of a history are its own: MESSAGES_SNAPSHOT takes the place of all messages.
    const plain = messages => JSON.parse(JSON.stringify(messages), (key, value) => key === 'id' ? undefined : value);

    test('it is what the agent shows that has seen it live', async () => {
      const agent = newAgent(silo.url);
      for (const prompt of ['what is 12*7 and 3*3?', 'think 5 and count to 3', 'what is 2*3?']) {
        await agent.say(prompt);
      }
      const again = newAgent(silo.url, agent.threadId);
      await again.load();
      assert.deepEqual(plain(again.messages), plain(agent.messages));
      assert.deepEqual(again.types(), ['RUN_STARTED', 'MESSAGES_SNAPSHOT', 'RUN_FINISHED']);
      assert.equal(new Set(again.messages.map(message => message.id)).size, again.messages.length);
    });

    test('behind it comes the run under way, from its beginning', async () => {
      const agent = newAgent(silo.url);
      await agent.say('count to 3');
      const saying = agent.say('count to 100000');
      await agent.when(() => (agent.messages.at(-1).content ?? '').length > 20 && agent.messages.length === 4);
      const again = newAgent(silo.url, agent.threadId);
      const loaded = again.load();
      await again.when(() => again.messages.length === 4 && (again.messages.at(-1).content ?? '').length > 20);
      await agent.cancel();
      await Promise.all([loaded, saying]);
      assert.deepEqual(plain(again.messages), plain(agent.messages));
      assert.deepEqual(again.types().slice(0, 3), ['RUN_STARTED', 'MESSAGES_SNAPSHOT', 'STEP_STARTED']);
    });

    test('who follows a run behind its history keeps nobody from reading one', async () => {
      const agent = newAgent(silo.url);
      const saying = agent.say('count to 100000');
      await agent.when(() => (agent.messages.at(-1).content ?? '').length > 20);
      const readers = await Promise.all([1, 2, 3].map(async () => {
        const reader = (await fetch(`${silo.url}/ag-ui/${agent.threadId}/messages`)).body.getReader();
        await reader.read();
        return reader;
      }));
      assert.equal((await fetch(`${silo.url}/chat/${agent.threadId}`)).status, 200);
      await Promise.all(readers.map(reader => reader.cancel()));
      await agent.cancel();
      await saying;
    });

    test('a call that waits is an interrupt, and a thread that nobody has written to is empty', async () => {
      const agent = newAgent(silo.url);
      await agent.say('delete my notes');
      const again = newAgent(silo.url, agent.threadId);
      await again.load();
      assert.deepEqual(again.events.at(-1).outcome, agent.events.at(-1).outcome);
      assert.deepEqual(plain(again.messages), plain(agent.messages));

      const none = newAgent(silo.url);
      await none.load();
      assert.deepEqual(none.messages, []);
    });
  });
});
