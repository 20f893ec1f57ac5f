import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import * as six from 'ai-6';
import * as seven from 'ai';
import { newChat, partsOf, textOf } from './chat.mjs';
import { counted, session, startCutter, startSilo, to20, until } from './silo.mjs';

let silo;
before(async () => { silo = await startSilo(); });
after(() => silo?.stop());

for (const [version, sdk, headers] of [[7, seven, { 'X-AI-SDK-Version': '7' }], [6, six, undefined]]) {
  const cancel = chat => fetch(`${silo.url}/api/chat/${chat.id}/cancel`, { method: 'POST' });
  const chatAt = (url, id = randomUUID(), more = {}) => newChat(sdk, { id, url, headers, ...more });

  describe(`AI SDK ${version}`, () => {
    test('text', async () => {
      const chat = chatAt(silo.url);
      await chat.sendMessage({ text: 'count to 20' });
      assert.deepEqual([chat.status, chat.error, textOf(chat)], ['ready', undefined, counted(20)]);
      assert.deepEqual(chat.messages.map(message => message.role), ['user', 'assistant']);
      assert.deepEqual(chat.lastMessage.parts.map(part => part.type), ['step-start', 'text']);
      assert.equal(partsOf(chat, 'text')[0].state, 'done');
      assert.equal((await session(silo, chat.id)).title, 'count to 20');
    });

    test('reasoning', async () => {
      const chat = chatAt(silo.url);
      await chat.sendMessage({ text: 'think 20' });
      const [reasoning] = partsOf(chat, 'reasoning');
      assert.equal(reasoning.state, 'done');
      const { nodes } = await session(silo, chat.id);
      const said = nodes.flatMap(node => node.parts);
      assert.equal(reasoning.text, said.find(part => part.part_kind === 'thinking').content);
      assert.equal(textOf(chat), said.find(part => part.part_kind === 'text').content);
    });

    test('tool calls and their results', async () => {
      const chat = chatAt(silo.url);
      await chat.sendMessage({ text: 'what is 12*7 and 3*3?' });
      const calls = partsOf(chat, 'tool-calculate');
      assert.deepEqual(calls.map(call => [call.state, call.input, call.output, call.providerExecuted]), [
        ['output-available', { expression: '12*7' }, '84', true],
        ['output-available', { expression: '3*3' }, '9', true],
      ]);
      assert.equal(partsOf(chat, 'step-start').length, 2);
      assert.match(textOf(chat), /84[^]*9/);
      assert.deepEqual([chat.status, chat.seen.toolCalls], ['ready', 0]);
    });

    test('a second prompt in the same session', async () => {
      const chat = chatAt(silo.url);
      await chat.sendMessage({ text: 'count to 3' });
      await chat.sendMessage({ text: 'count to 4' });
      const answers = chat.messages.filter(message => message.role === 'assistant');
      assert.deepEqual(answers.map(message => message.parts.find(part => part.type === 'text').text), [counted(3), counted(4)]);
      assert.notEqual(answers[0].id, answers[1].id);
      assert.equal((await session(silo, chat.id)).nodes.length, 2);
    });

    test('a prompt for a busy session is refused, and its run continues', async () => {
      const chat = chatAt(silo.url);
      const running = chat.sendMessage({ text: 'count to 100000' });
      await chat.when(() => textOf(chat) !== '');
      const other = chatAt(silo.url, chat.id);
      await other.sendMessage({ text: 'count to 3' });
      assert.equal(other.status, 'error');
      assert.match(other.error.responseBody ?? other.error.message, /The session has a run under way/);
      const before = textOf(chat);
      await chat.when(() => textOf(chat) !== before);
      await cancel(chat);
      await running;
      assert.ok(counted(100000).startsWith(textOf(chat)));
    });

    test('a prompt that may wait for a busy session gets its own answer', async () => {
      const chat = chatAt(silo.url);
      const running = chat.sendMessage({ text: 'count to 100000' });
      await chat.when(() => textOf(chat) !== '');
      const other = chatAt(silo.url, chat.id, { body: { on_busy: 'queue' } });
      const waiting = other.sendMessage({ text: 'count to 3' });
      await until(async () => (await session(silo, chat.id)).waiting === 1);
      await cancel(chat);
      await Promise.all([running, waiting]);
      assert.ok(counted(100000).startsWith(textOf(chat)));
      assert.deepEqual([other.status, textOf(other)], ['ready', counted(3)]);
    });

    test('a prompt with a file is refused, and the error names it', async () => {
      const chat = chatAt(silo.url);
      await chat.sendMessage({ text: 'hi', files: [{ type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==' }] });
      assert.match(chat.error.responseBody ?? chat.error.message, /messages\[0\]\.parts\[0\] must be text/);
    });

    test('a failed run is an error, with what was said before it', async () => {
      const chat = chatAt(silo.url);
      await chat.sendMessage({ text: 'fail' });
      assert.equal(chat.status, 'error');
      assert.equal(chat.error.message, 'crashed - The demo model failed, as it was asked to.');
      assert.notEqual(textOf(chat), '');
    });

    test('a cancel ends the message where it is', async () => {
      const chat = chatAt(silo.url);
      const running = chat.sendMessage({ text: 'count to 100000' });
      await chat.when(() => textOf(chat) !== '');
      assert.deepEqual(await (await cancel(chat)).json(), { cancelled: true });
      await running;
      assert.deepEqual([chat.status, chat.error], ['ready', undefined]);
      assert.ok(counted(100000).startsWith(textOf(chat)));
      assert.ok(partsOf(chat, 'text').every(part => part.state === 'done'));
      assert.equal(chat.seen.finishes.at(-1).finishReason, version >= 7 ? 'interrupted' : 'other');
      assert.equal((await session(silo, chat.id)).error, 'canceled');
    });

    test('stop() leaves the run alone, and resumeStream() finds it', async () => {
      const cutter = await startCutter(silo.url, to20);
      try {
        const chat = chatAt(cutter.url);
        const running = chat.sendMessage({ text: 'count to 300' });
        await chat.when(() => textOf(chat) !== '');
        await chat.stop();
        await running;
        assert.notEqual(textOf(chat), counted(300));
        cutter.cut();
        await chat.resumeStream();
        assert.deepEqual([chat.status, textOf(chat), chat.messages.length], ['ready', counted(300), 2]);
      } finally {
        await cutter.stop();
      }
    });

    test('a connection that is cut in mid-answer is resumed', async () => {
      const cutter = await startCutter(silo.url, to20);
      try {
        const chat = chatAt(cutter.url);
        const running = chat.sendMessage({ text: 'think 5, what is 12*7, count to 300' });
        await chat.when(() => textOf(chat).includes('20 '));
        cutter.cut();
        await running;
        assert.equal(chat.status, 'error');
        await chat.resumeStream();
        assert.equal(chat.status, 'ready');

        // As one sees it who was never cut off.
        const whole = chatAt(silo.url, chat.id);
        await whole.resumeStream();
        assert.deepEqual(chat.lastMessage, whole.lastMessage);
        assert.ok(textOf(chat).endsWith(counted(300)));
        assert.equal(chat.messages.length, 2);
      } finally {
        await cutter.stop();
      }
    });

    test('there is nothing to resume in a session without a run', async () => {
      const chat = chatAt(silo.url);
      await chat.resumeStream();
      assert.deepEqual([chat.status, chat.error, chat.messages, chat.seen.finishes], ['ready', undefined, [], []]);
    });

    test('the stream that continues behind a frame is the rest of the whole, frame by frame', async () => {
      const id = randomUUID();
      const chat = chatAt(silo.url, id);
      await chat.sendMessage({ text: 'think 2, what is 12*7, count to 3' });
      const read = async place => (await (await fetch(`${silo.url}/api/chat/${id}/stream`, {
        headers: { ...headers, ...(place && { 'Last-Event-ID': place }) },
      })).text()).split('\n\n').filter(Boolean);
      const whole = await read();
      const places = whole.map(frame => /^id: (\S+)/.exec(frame)?.[1]);
      assert.ok(places.filter(Boolean).length > 10);
      for (const [i, place] of places.entries()) {
        if (place) {
          assert.deepEqual(await read(place), whole.slice(i + 1));
        }
      }
    });
  });
}
