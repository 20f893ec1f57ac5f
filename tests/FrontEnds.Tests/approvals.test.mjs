import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import * as sdk7 from 'ai';
import { Chat as Chat7 } from '@ai-sdk/react';
import * as sdk6 from 'ai-6';
import { Chat as Chat6 } from 'ai-sdk-react-6';
import { startSilo, until } from './silo.mjs';

let silo;
before(async () => { silo = await startSilo('--AgentStream:Demo:TokenDelay=0'); });
after(() => silo?.stop());

const versions = [[7, Chat7, sdk7], [6, Chat6, sdk6]];

for (const [version, Chat, { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses }] of versions) {
  /** A chat that continues by itself when all requests have their answers, as docs/frontends.md prints it. */
  function open(id = randomUUID()) {
    return new Chat({
      id,
      transport: new DefaultChatTransport({ api: `${silo.url}/api/chat`, headers: { 'X-AI-SDK-Version': String(version) } }),
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    });
  }

  const toolOf = chat => chat.messages.at(-1).parts.find(part => part.type === 'tool-delete_notes');
  const textOf = chat => chat.messages.at(-1).parts.filter(part => part.type === 'text').map(part => part.text).join('');

  async function ask(chat) {
    await chat.sendMessage({ text: 'delete my notes' });
    assert.equal(chat.status, 'ready');
    const tool = toolOf(chat);
    assert.equal(tool.state, 'approval-requested');
    assert.deepEqual(tool.input, {});
    return tool.approval.id;
  }

  describe(`approvals of AI SDK ${version}`, () => {
    test('an approved call is made, and the same message continues', async () => {
      const chat = open();
      const id = await ask(chat);
      await chat.addToolApprovalResponse({ id, approved: true });
      await until(() => chat.status === 'ready' && /deleted/.test(textOf(chat)));
      assert.equal(chat.messages.length, 2);
      assert.equal(toolOf(chat).state, 'output-available');
      assert.equal(toolOf(chat).output, 'The notes are deleted.');
      assert.equal(textOf(chat), 'Your notes are deleted.');
    });

    test('a call that is not allowed is not made, and the model hears why', async () => {
      const chat = open();
      const id = await ask(chat);
      await chat.addToolApprovalResponse({ id, approved: false, reason: 'I need them' });
      await until(() => chat.status === 'ready' && /I need them/.test(textOf(chat)));
      assert.equal(chat.messages.length, 2);
      assert.equal(toolOf(chat).state, 'output-denied');
      assert.equal(textOf(chat), 'I did not delete your notes: I need them.');
    });

    test('the same answer again streams the same continuation', async () => {
      const chat = open();
      const id = await ask(chat);
      const messages = structuredClone(chat.messages);
      Object.assign(messages.at(-1).parts.find(part => part.type === 'tool-delete_notes'), { state: 'approval-responded', approval: { id, approved: true } });
      const post = async () => {
        const response = await fetch(`${silo.url}/api/chat`, {
          method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id: chat.id, messages }),
        });
        assert.equal(response.status, 200);
        return response.text();
      };
      const first = await post();
      assert.match(first, /tool-output-available/);
      assert.equal(await post(), first);
    });

    test('a prompt instead of an answer declines', async () => {
      const chat = open();
      const id = await ask(chat);
      await chat.sendMessage({ text: 'what is 12*7?' });
      assert.equal(textOf(chat), '12*7 is 84.');
      const { pending } = await (await fetch(`${silo.url}/chat/${chat.id}`)).json();
      assert.deepEqual(pending, []);
      const late = await fetch(`${silo.url}/chat/${chat.id}/approvals/${id}`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"approved":true}',
      });
      assert.equal(late.status, 404);
    });
  });
}
