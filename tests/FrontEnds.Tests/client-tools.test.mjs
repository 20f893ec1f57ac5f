import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { buildResumeArray } from '@ag-ui/client';
import * as sdk7 from 'ai';
import { Chat as Chat7 } from '@ai-sdk/react';
import * as sdk6 from 'ai-6';
import { Chat as Chat6 } from 'ai-sdk-react-6';
import { newAgent } from './agent.mjs';
import { session, startSilo } from './silo.mjs';

let silo;
before(async () => { silo = await startSilo('--AgentStream:Demo:TokenDelay=0'); });
after(() => silo?.stop());

const whereIsUser = () => 'Oslo';

for (const [version, Chat, { DefaultChatTransport, lastAssistantMessageIsCompleteWithToolCalls }] of [[7, Chat7, sdk7], [6, Chat6, sdk6]]) {
  /** A chat whose onToolCall answers at once, and that continues by itself when all calls have their results, as docs/frontends.md prints it. */
  function open(answer, { id = randomUUID(), messages } = {}) {
    let isOver;
    const over = new Promise(resolve => { isOver = resolve; });
    const transport = new DefaultChatTransport({ api: `${silo.url}/api/chat`, headers: { 'X-AI-SDK-Version': String(version) } });
    const calls = [];
    const chat = new Chat({
      id, messages, transport,
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
      onToolCall({ toolCall }) {
        calls.push(toolCall.toolName);
        answer?.(chat, toolCall);
      },
      onFinish: () => textOf(chat) && isOver(),
      onError: isOver,
    });
    return Object.assign(chat, { calls, over });
  }

  const toolOf = chat => chat.messages.at(-1).parts.find(part => part.type === 'tool-get_location');
  const textOf = chat => chat.messages.at(-1).parts.filter(part => part.type === 'text').map(part => part.text).join('');

  async function endOf(chat) {
    assert.equal(await chat.over, undefined);
    assert.equal(chat.error, undefined);
    assert.equal(chat.messages.length, 2);
  }

  describe(`client tools of AI SDK ${version}`, () => {
    for (const name of ['addToolOutput', 'addToolResult']) {
      test(`onToolCall answers with ${name}, and the same message continues`, async () => {
        const chat = open((chat, toolCall) => {
          if (toolCall.toolName === 'get_location') {
            chat[name]({ tool: 'get_location', toolCallId: toolCall.toolCallId, output: whereIsUser() });
          }
        });
        await chat.sendMessage({ text: 'where am I?' });
        await endOf(chat);
        assert.deepEqual(chat.calls, ['get_location']);
        assert.deepEqual([toolOf(chat).state, toolOf(chat).output], ['output-available', 'Oslo']);
        assert.equal(textOf(chat), 'get_location says: Oslo.');
      });
    }

    test('a call that the client could not carry out is told to the model', async () => {
      const chat = open((chat, { toolCallId }) => chat.addToolOutput({ tool: 'get_location', toolCallId, state: 'output-error', errorText: 'no permission' }));
      await chat.sendMessage({ text: 'where am I?' });
      await endOf(chat);
      assert.equal(textOf(chat), 'get_location says: no permission.');
    });

    test('calls of the silo in the same response are made there, and onToolCall is not asked', async () => {
      const chat = open((chat, { toolCallId }) => chat.addToolOutput({ tool: 'get_location', toolCallId, output: whereIsUser() }));
      await chat.sendMessage({ text: 'what is 12*7, and where am I?' });
      await endOf(chat);
      assert.deepEqual(chat.calls, ['get_location']);
      assert.equal(textOf(chat), '12*7 is 84. get_location says: Oslo.');
      const { state, output } = chat.messages.at(-1).parts.find(part => part.type === 'tool-calculate');
      assert.deepEqual([state, output], ['output-available', '84']);
    });

    test('a call waits for as long as the user takes, also when the page is opened again', async () => {
      const first = open();
      await first.sendMessage({ text: 'where am I?' });
      assert.equal(first.status, 'ready');
      assert.equal(toolOf(first).state, 'input-available');
      assert.equal((await session(silo, first.id)).pending[0].kind, 'tool');

      const again = open(undefined, { id: first.id, messages: structuredClone(first.messages) });
      await again.addToolOutput({ tool: 'get_location', toolCallId: toolOf(again).toolCallId, output: { city: 'Oslo' } });
      await endOf(again);
      assert.equal(textOf(again), 'get_location says: {"city":"Oslo"}.');
    });
  });
}

describe('client tools of AG-UI', () => {
  const pickColor = {
    name: 'pick_color', description: 'Lets the user pick a color.', parameters: { type: 'object', properties: {} },
  };

  /** An agent whose run has called the client's own tool. */
  async function ask() {
    const agent = newAgent(silo.url);
    await agent.say('use pick_color', { tools: [pickColor] });
    const { outcome } = agent.events.at(-1);
    assert.equal(outcome.type, 'interrupt');
    assert.deepEqual(outcome.interrupts.map(({ reason, metadata }) => ({ reason, metadata })), [{ reason: 'tool-requested', metadata: { toolName: 'pick_color', args: {} } }]);
    assert.equal((await session(silo, agent.threadId)).pending[0].tool_name, 'pick_color');
    return { agent, interrupts: outcome.interrupts, interrupt: outcome.interrupts[0] };
  }

  const resultsOf = (agent, { toolCallId }) => agent.messages.filter(message => message.role === 'tool' && message.toolCallId === toolCallId).map(message => message.content);

  test('a call of one ends the run, and its result continues it', async () => {
    const { agent, interrupts, interrupt } = await ask();
    await agent.runAgent({ tools: [pickColor], resume: buildResumeArray(interrupts, { [interrupt.id]: { status: 'resolved', payload: 'green' } }) });
    assert.deepEqual(agent.events.at(-1).outcome, { type: 'success' });
    assert.equal(agent.answer(), 'pick_color says: green.');
    assert.deepEqual(resultsOf(agent, interrupt), ['green']);
  });

  test('one that is canceled is told to the model', async () => {
    const { agent, interrupts, interrupt } = await ask();
    await agent.runAgent({ resume: buildResumeArray(interrupts, { [interrupt.id]: { status: 'cancelled' } }) });
    assert.equal(agent.answer(), 'pick_color says: The user did not let the client carry the call out.');
  });

  test('a client without interrupts sends the result as a message', async () => {
    const { agent, interrupt } = await ask();

    // As a page that was opened again: it has the messages, and knows of no interrupt.
    const again = newAgent(silo.url, agent.threadId);
    again.setMessages(structuredClone(agent.messages));
    again.addMessage({ id: randomUUID(), role: 'tool', toolCallId: interrupt.toolCallId, content: 'green' });
    await again.runAgent({ tools: [pickColor] });
    assert.deepEqual(again.events.at(-1).outcome, { type: 'success' });
    assert.equal(again.answer(), 'pick_color says: green.');
    assert.deepEqual(resultsOf(again, interrupt), ['green']);
  });

  test('a message with an error says so to the model', async () => {
    const { agent, interrupt } = await ask();
    const again = newAgent(silo.url, agent.threadId);
    again.setMessages(structuredClone(agent.messages));
    again.addMessage({ id: randomUUID(), role: 'tool', toolCallId: interrupt.toolCallId, content: '', error: 'no colors left' });
    await again.runAgent();
    assert.equal(again.answer(), 'pick_color says: no colors left.');
  });

  test('a result that comes again gets the same continuation, and another one is refused', async () => {
    const { agent, interrupt } = await ask();
    const post = async content => fetch(`${silo.url}/ag-ui`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ threadId: agent.threadId, runId: 'r', messages: [{ id: '1', role: 'tool', toolCallId: interrupt.toolCallId, content }] }),
    });
    const first = await (await post('green')).text();
    assert.match(first, /RUN_FINISHED/);
    assert.equal(await (await post('green')).text(), first);
    assert.equal((await post('red')).status, 409);
  });

  test('a tool with the name of one of the silo is refused, and nothing starts', async () => {
    const agent = newAgent(silo.url);
    await assert.rejects(agent.say('what is 12*7?', { tools: [pickColor, { ...pickColor, name: 'calculate' }] }));
    const response = await fetch(`${silo.url}/ag-ui`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ threadId: agent.threadId, runId: 'r', messages: agent.messages, tools: [pickColor, { ...pickColor, name: 'calculate' }] }),
    });
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    assert.deepEqual(Object.keys((await response.json()).errors), ['tools[1].name']);
    assert.equal((await fetch(`${silo.url}/chat/${agent.threadId}`)).status, 404);
  });

  test('a result for a call that waits for approval is no approval', async () => {
    const agent = newAgent(silo.url);
    await agent.say('delete my notes');
    const { toolCallId } = agent.events.at(-1).outcome.interrupts[0];
    const again = newAgent(silo.url, agent.threadId);
    again.setMessages(structuredClone(agent.messages));
    again.addMessage({ id: randomUUID(), role: 'tool', toolCallId, content: 'The notes are deleted.' });
    await assert.rejects(again.runAgent());
    assert.equal((await session(silo, agent.threadId)).pending[0].kind, 'approval');
  });

  test('a prompt without the tool does not have it', async () => {
    const agent = newAgent(silo.url);
    await agent.say('use pick_color');
    assert.deepEqual(agent.events.at(-1).outcome, { type: 'success' });
  });
});
