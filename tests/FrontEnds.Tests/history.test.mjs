import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import * as sdk7 from 'ai';
import { Chat as Chat7 } from '@ai-sdk/react';
import * as sdk6 from 'ai-6';
import { Chat as Chat6 } from 'ai-sdk-react-6';
import { counted, expired, startSilo, until } from './silo.mjs';

let silo;
let quick;
before(async () => { [silo, quick] = await Promise.all([startSilo(), startSilo('--AgentStream:GracePeriod=0s')]); });
after(() => Promise.all([silo?.stop(), quick?.stop()]));

for (const [version, Chat, { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses, safeValidateUIMessages }] of [[7, Chat7, sdk7], [6, Chat6, sdk6]]) {
  const headers = { 'X-AI-SDK-Version': String(version) };

  /** The history, as an app reads it before it shows the chat. */
  async function historyOf(id, at = silo) {
    const response = await fetch(`${at.url}/api/chat/${id}/messages`, { headers });
    assert.equal(response.status, 200);
    const messages = await response.json();
    if (messages.length > 0) {
      const checked = await safeValidateUIMessages({ messages });
      assert.ok(checked.success, String(checked.error));
    }
    return messages;
  }

  /** A chat that shows a history, and continues behind it, as docs/frontends.md prints it. */
  function open(id, messages = [], at = silo) {
    return new Chat({
      id,
      messages,
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
      transport: new DefaultChatTransport({
        api: `${at.url}/api/chat`,
        headers,
        prepareReconnectToStreamRequest: ({ id }) => ({ api: `${at.url}/api/chat/${id}/stream?after=${messages.at(-1)?.id ?? ''}` }),
      }),
    });
  }

  const cancel = id => fetch(`${silo.url}/api/chat/${id}/cancel`, { method: 'POST' });
  const textOf = message => message.parts.filter(part => part.type === 'text').map(part => part.text).join('');
  const texts = chat => chat.messages.map(textOf);
  /** Without what only a client knows that has seen it live: the ids of what it sent and of thoughts, what it keeps of an approval, and what is said beside an answer. */
  const plain = messages => JSON.parse(JSON.stringify(messages), (key, value) => key === 'approval' || key === 'metadata' ? undefined : value)
    .map(({ id, role, parts }) => ({ id: role === 'user' ? '' : id, role, parts: parts.filter(part => part.type !== 'data-info').map(({ id: _, ...part }) => part) }));

  describe(`history for AI SDK ${version}`, () => {
    test('a session that nobody has written to has none', async () => assert.deepEqual(await historyOf(randomUUID()), []));

    test('it is what the chat shows that has seen it live: texts, thoughts, calls and results, with the same ids', async () => {
      const chat = open(randomUUID());
      for (const text of ['what is 12*7?', 'think 5 and count to 3', 'what is 2*3 and what is 4*5?']) {
        await chat.sendMessage({ text });
        assert.equal(chat.status, 'ready');
      }
      const history = await historyOf(chat.id);
      assert.deepEqual(plain(history), plain(chat.messages));
      assert.equal(new Set(history.map(message => message.id)).size, 6);
      assert.deepEqual(await historyOf(chat.id), history);
    });

    test('a call that waits is shown waiting, and can be answered from there', async () => {
      const chat = open(randomUUID());
      await chat.sendMessage({ text: 'delete my notes' });
      const waiting = await historyOf(chat.id);
      const [, answer] = waiting;
      const tool = answer.parts.find(part => part.type === 'tool-delete_notes');
      assert.deepEqual([tool.state, answer.id], ['approval-requested', chat.messages[1].id]);
      assert.deepEqual(tool.approval, chat.messages[1].parts.find(part => part.type === 'tool-delete_notes').approval);

      const again = open(chat.id, waiting);
      await again.addToolApprovalResponse({ id: tool.approval.id, approved: true });
      await until(() => again.status === 'ready' && /deleted/.test(textOf(again.messages.at(-1))));
      assert.deepEqual(plain(await historyOf(chat.id)), plain(again.messages));
    });

    test('a call that was not allowed is a denied one', async () => {
      const chat = open(randomUUID());
      await chat.sendMessage({ text: 'delete my notes' });
      const [tool] = chat.messages[1].parts.filter(part => part.type === 'tool-delete_notes');
      await chat.addToolApprovalResponse({ id: tool.approval.id, approved: false, reason: 'I need them' });
      await until(() => chat.status === 'ready' && /I need them/.test(textOf(chat.messages.at(-1))));
      assert.deepEqual(plain(await historyOf(chat.id)), plain(chat.messages));
    });

    test('of a live answer it has the question, and a resume behind it shows the answer once', async () => {
      const first = open(randomUUID());
      await first.sendMessage({ text: 'count to 3' });
      const answered = first.sendMessage({ text: 'count to 100000' });
      await until(() => first.messages.length === 4 && textOf(first.messages[3]).length > 20);

      const history = await historyOf(first.id);
      assert.deepEqual(history.map(message => [message.role, textOf(message)]), [['user', 'count to 3'], ['assistant', counted(3)], ['user', 'count to 100000']]);
      const again = open(first.id, history);
      const resumed = again.resumeStream();
      await until(() => again.messages.length === 4 && textOf(again.messages[3]).length > 20);
      await cancel(first.id);
      await Promise.all([answered, resumed]);
      assert.deepEqual(texts(again), texts(first));
      assert.ok(counted(100000).startsWith(texts(again)[3]));
      assert.equal(again.messages[3].id, first.messages[3].id);
    });

    test('an answer that ends between the history and the resume is shown, while its stream is there and when it is gone', async () => {
      for (const at of [silo, quick]) {
        const first = open(randomUUID(), [], at);
        first.sendMessage({ text: 'count to 100' });
        await until(() => first.messages.length === 2 && textOf(first.messages[1]).length > 5);
        const history = await historyOf(first.id, at);
        await until(() => first.status === 'ready');
        if (at === quick) {
          await expired(at, first.id);
        }
        const again = open(first.id, history, at);
        await again.resumeStream();
        assert.deepEqual(texts(again), ['count to 100', counted(100)]);
        assert.deepEqual(plain(again.messages), plain(await historyOf(first.id, at)));
      }
    });

    test('an answer that is over is not shown twice, though its stream is still there', async () => {
      const first = open(randomUUID());
      await first.sendMessage({ text: 'count to 3' });
      const again = open(first.id, await historyOf(first.id));
      await again.resumeStream();
      assert.deepEqual([texts(again), again.status], [['count to 3', counted(3)], 'ready']);
    });

    test('a question whose answer was canceled before it began is there', async () => {
      const chat = open(randomUUID());
      chat.sendMessage({ text: 'think 100000' });
      await until(() => chat.status === 'streaming' && chat.messages.length === 2);
      await cancel(chat.id);
      await until(() => chat.status === 'ready');
      const history = await historyOf(chat.id);
      assert.deepEqual([history[0].role, textOf(history[0])], ['user', 'think 100000']);
    });
  });
}
