import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildResumeArray } from '@ag-ui/client';
import { newAgent } from './agent.mjs';
import { startSilo } from './silo.mjs';

let silo;
before(async () => { silo = await startSilo('--AgentStream:Demo:TokenDelay=0'); });
after(() => silo?.stop());

describe('AG-UI interrupts', () => {
  async function ask() {
    const agent = newAgent(silo.url);
    await agent.say('delete my notes');
    const { outcome } = agent.events.at(-1);
    assert.equal(outcome.type, 'interrupt');
    const [interrupt] = outcome.interrupts;
    assert.equal(outcome.interrupts.length, 1);
    assert.equal(interrupt.reason, 'approval-requested');
    assert.deepEqual(interrupt.metadata, { toolName: 'delete_notes', args: {} });
    return { agent, interrupts: outcome.interrupts, interrupt };
  }

  const resume = ({ agent, interrupts, interrupt }, response) => agent.runAgent({ resume: buildResumeArray(interrupts, { [interrupt.id]: response }) });

  test('an approved call is made, and the thread continues', async () => {
    const asked = await ask();
    await resume(asked, { status: 'resolved', payload: { approved: true } });
    assert.deepEqual(asked.agent.events.at(-1).outcome, { type: 'success' });
    assert.equal(asked.agent.answer(), 'Your notes are deleted.');
    const result = asked.agent.messages.find(message => message.role === 'tool');
    assert.deepEqual([result.toolCallId, result.content], [asked.interrupt.toolCallId, 'The notes are deleted.']);
  });

  test('a call that is not allowed is not made, and the model hears why', async () => {
    const asked = await ask();
    await resume(asked, { status: 'resolved', payload: { approved: false, reason: 'I need them' } });
    assert.equal(asked.agent.answer(), 'I did not delete your notes: I need them.');
  });

  test('an interrupt that is canceled is not allowed', async () => {
    const asked = await ask();
    await resume(asked, { status: 'cancelled' });
    assert.equal(asked.agent.answer(), 'I did not delete your notes: The tool call was denied.');
  });

  test('an answer that says neither is refused, and the call waits', async () => {
    const { agent, interrupt } = await ask();
    const response = await fetch(`${silo.url}/ag-ui`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ threadId: agent.threadId, runId: 'r', messages: [], resume: [{ interruptId: interrupt.id, status: 'resolved', payload: 'yes' }] }),
    });
    assert.equal(response.status, 400);
    assert.deepEqual(Object.keys((await response.json()).errors), ['resume[0].payload']);
    const { pending } = await (await fetch(`${silo.url}/chat/${agent.threadId}`)).json();
    assert.equal(pending.length, 1);
  });
});
