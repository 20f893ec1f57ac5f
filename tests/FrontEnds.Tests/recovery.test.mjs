import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import * as six from 'ai-6';
import * as seven from 'ai';
import { EventSource } from 'eventsource';
import { newAgent } from './agent.mjs';
import { newChat, partsOf, textOf } from './chat.mjs';
import { counted, startRedis, startSilo } from './silo.mjs';

let redis;
const settings = () => ['--AgentStream:Lease=15s', `--ConnectionStrings:redis=${redis.address}`];
/** Of a silo whose run is under way when it is killed, however busy the machine. */
const slow = '--AgentStream:Demo:TokenDelay=200ms';
before(async () => { redis = await startRedis(); });
after(() => redis?.stop());

test('a silo is killed in mid-answer: the node starts again in another, and who follows there has the whole answer', async () => {
  const dying = await startSilo(...settings(), '--AgentStream:Cluster:ClusterId=dying', slow);
  const heir = await startSilo(...settings(), '--AgentStream:Cluster:ClusterId=heir');
  try {
    const id = randomUUID();
    const asking = newChat(seven, { id, url: dying.url });
    const asked = asking.sendMessage({ text: 'count to 600' });
    await asking.when(() => textOf(asking) !== '');

    const chat7 = newChat(seven, { id, url: heir.url, headers: { 'X-AI-SDK-Version': '7' } });
    const chat6 = newChat(six, { id, url: heir.url });
    const agent = newAgent(heir.url, id);
    const own = [];
    const source = new EventSource(`${heir.url}/chat/${id}/stream`);
    const ended = new Promise(resolve => source.addEventListener('error', () => source.readyState === source.CLOSED && resolve()));
    source.addEventListener('message', event => own.push(JSON.parse(event.data)));
    const followed = [chat7.resumeStream(), chat6.resumeStream(), agent.resume()];
    await chat7.when(() => textOf(chat7).includes('20 '));
    await chat6.when(() => textOf(chat6).includes('20 '));
    await agent.when(() => agent.answer().includes('20 '));
    await dying.stop();
    await Promise.all([asked, ...followed]);

    // 7 takes back what was shown of the node.
    assert.deepEqual([chat7.status, partsOf(chat7, 'text').map(part => part.text)], ['ready', [counted(600)]]);

    // 6 cannot: it stands in a step of its own.
    const [before, whole] = partsOf(chat6, 'text').map(part => part.text);
    assert.deepEqual([chat6.status, partsOf(chat6, 'step-start').length, whole], ['ready', 2, counted(600)]);
    assert.ok(before.includes('20 ') && counted(600).startsWith(before));

    // AG-UI names the messages that are superseded, and the agent drops them.
    assert.deepEqual(agent.messages.map(message => message.content), [counted(600)]);
    assert.deepEqual(agent.events.filter(event => event.type === 'CUSTOM').map(event => event.name), ['info', 'superseded']);
    assert.deepEqual(agent.events.at(-1).outcome, { type: 'success' });

    // In our own protocol the node begins again.
    await ended;
    const begins = own.flatMap(({ body }, at) => body?.event === 'llm-begin' ? [at] : []);
    assert.equal(begins.length, 2);
    assert.equal(own.slice(begins[1]).map(({ body }) => body.content ?? body.content_delta ?? '').join(''), counted(600));

    // Who comes back later sees the same.
    const later = newChat(seven, { id, url: heir.url, headers: { 'X-AI-SDK-Version': '7' } });
    await later.resumeStream();
    assert.deepEqual(later.lastMessage, chat7.lastMessage);
  } finally {
    await Promise.all([dying.stop(), heir.stop()]);
  }
});

test('a silo is killed before the model has called a tool of the client: the model has it in the other silo, too, and the client answers there', async () => {
  const dying = await startSilo(...settings(), '--AgentStream:Cluster:ClusterId=dying-2', slow);
  const heir = await startSilo(...settings(), '--AgentStream:Cluster:ClusterId=heir-2');
  try {
    // Not with the agent: it has an unhandled rejection when its silo dies.
    const threadId = randomUUID();
    const asked = await fetch(`${dying.url}/ag-ui`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        threadId, runId: 'r', messages: [{ id: '1', role: 'user', content: 'think 400, use pick_color' }],
        tools: [{ name: 'pick_color', description: '', parameters: { type: 'object' } }],
      }),
    });
    assert.equal(asked.status, 200);
    await asked.body.cancel();
    const agent = newAgent(heir.url, threadId);
    const followed = agent.resume();
    await agent.when(() => agent.messages.some(message => message.role === 'reasoning'));
    await dying.stop();
    await followed;
    assert.ok(agent.events.some(({ name, value }) => name === 'info' && value.msg === 'resumed'));

    const { outcome } = agent.events.at(-1);
    assert.deepEqual(outcome.interrupts?.map(({ metadata }) => metadata.toolName), ['pick_color']);
    await agent.runAgent({ resume: [{ interruptId: outcome.interrupts[0].id, status: 'resolved', payload: 'green' }] });
    assert.match(agent.answer(), /pick_color says: green\.$/);
  } finally {
    await Promise.all([dying.stop(), heir.stop()]);
  }
});
