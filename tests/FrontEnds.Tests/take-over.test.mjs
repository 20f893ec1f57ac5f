import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import * as six from 'ai-6';
import * as seven from 'ai';
import { newAgent } from './agent.mjs';
import { newChat, partsOf, textOf } from './chat.mjs';
import { counted, startRedis, startSilo } from './silo.mjs';

let redis;
before(async () => { redis = await startRedis(); });
after(() => redis?.stop());

test('a silo is killed in mid-answer: the node starts again in another, and who follows there has the whole answer', async () => {
  const settings = ['--AgentStream:Lease=00:00:02', '--AgentStream:GracePeriod=00:01:00', `--ConnectionStrings:redis=${redis.address}`];
  const dying = await startSilo(...settings, '--AgentStream:Cluster:ClusterId=dying');
  const heir = await startSilo(...settings, '--AgentStream:Cluster:ClusterId=heir');
  try {
    const id = randomUUID();
    const asking = newChat(seven, { id, url: dying.url });
    const asked = asking.sendMessage({ text: 'count to 600' });
    await asking.when(() => textOf(asking) !== '');

    const chat7 = newChat(seven, { id, url: heir.url, headers: { 'X-AI-SDK-Version': '7' } });
    const chat6 = newChat(six, { id, url: heir.url });
    const agent = newAgent(heir.url, id);
    const followed = [chat7.resumeStream(), chat6.resumeStream(), agent.resume()];
    await chat7.when(() => textOf(chat7).includes('50 '));
    await chat6.when(() => textOf(chat6).includes('50 '));
    await agent.when(() => agent.answer().includes('50 '));
    await dying.stop();
    await Promise.all([asked, ...followed]);

    // 7 takes back what was shown of the node.
    assert.deepEqual([chat7.status, partsOf(chat7, 'text').map(part => part.text)], ['ready', [counted(600)]]);

    // 6 cannot: it stands in a step of its own.
    const [before, whole] = partsOf(chat6, 'text').map(part => part.text);
    assert.deepEqual([chat6.status, partsOf(chat6, 'step-start').length, whole], ['ready', 2, counted(600)]);
    assert.ok(before.includes('50 ') && counted(600).startsWith(before));

    // AG-UI names the messages that are superseded, and the agent drops them.
    assert.deepEqual(agent.messages.map(message => message.content), [counted(600)]);
    assert.deepEqual(agent.events.filter(event => event.type === 'CUSTOM').map(event => event.name), ['info', 'superseded']);
    assert.deepEqual(agent.events.at(-1).outcome, { type: 'success' });

    // Who comes back later sees the same.
    const later = newChat(seven, { id, url: heir.url, headers: { 'X-AI-SDK-Version': '7' } });
    await later.resumeStream();
    assert.deepEqual(later.lastMessage, chat7.lastMessage);
  } finally {
    await Promise.all([dying.stop(), heir.stop()]);
  }
});
