import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { EventSource } from 'eventsource';
import { counted, expired, startCutter, startSilo, to20 } from './silo.mjs';

let silo;
before(async () => { silo = await startSilo(); });
after(() => silo?.stop());

/** Starts a run, and leaves it. */
async function ask(prompt, at = silo, id = randomUUID()) {
  const response = await fetch(`${at.url}/chat`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ prompt, session_id: id }),
  });
  assert.equal(response.status, 200);
  await response.body.cancel();
  return id;
}

async function post(path, body = {}) {
  const response = await fetch(`${silo.url}/chat/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  assert.equal(response.status, 200);
  return response.json();
}

/** Follows a session until the server says that there is no more, and calls back with each event. */
function follow(url, onEvent = () => {}) {
  const source = new EventSource(url);
  const events = [];
  let connections = 0;
  return new Promise((resolve, reject) => {
    source.addEventListener('open', () => { connections++; });
    source.addEventListener('message', event => {
      events.push({ id: event.lastEventId, ...JSON.parse(event.data) });
      onEvent(events);
    });
    source.addEventListener('error', error => {
      if (source.readyState === source.CLOSED) {
        error.code === 204 ? resolve({ events, connections }) : reject(new Error(`${error.code} ${error.message}`));
      }
    });
  });
}

const textOf = events => events.map(({ body }) => body.content ?? body.content_delta ?? '').join('');

describe('eventsource', () => {
  test('follows a run to its end, and is told that there is no more', async () => {
    const id = await ask('count to 50');
    const { events } = await follow(`${silo.url}/chat/${id}/stream`);
    assert.deepEqual([events[0].type, events.at(-1).body.event], ['begin', 'llm-end']);
    assert.equal(textOf(events), counted(50));
  });

  test('comes back by itself behind the last event when its connection is cut', async () => {
    const cutter = await startCutter(silo.url, to20);
    try {
      const id = await ask('count to 300');
      const { events, connections } = await follow(`${cutter.url}/chat/${id}/stream`, seen => {
        if (seen.length === 20) {
          cutter.cut();
        }
      });
      assert.ok(connections >= 2);
      assert.equal(textOf(events), counted(300));
      assert.equal(new Set(events.map(event => event.id)).size, events.length);
    } finally {
      await cutter.stop();
    }
  });

  test('comes back by itself when the stream is gone, and is shown the rest from the history', async () => {
    const far = await startSilo('--AgentStream:GracePeriod=0s');
    const cutter = await startCutter(far.url, to20);
    let again;
    try {
      const id = await ask('count to 300', far);
      let slept;
      const { events, connections } = await follow(`${cutter.url}/chat/${id}/stream`, seen => {
        if (seen.length === 20) {
          slept = cutter.stop().then(() => expired(far, id)).then(async () => { again = await startCutter(far.url, { port: Number(new URL(cutter.url).port) }); });
        }
      });
      await slept;
      assert.equal(connections, 2);
      const replayed = events.findIndex(({ body }) => body.msg === 'replayed');
      assert.ok(replayed >= 20);
      assert.equal(textOf(events.slice(replayed)), counted(300));
    } finally {
      await again?.stop();
      await far.stop();
    }
  });

  test('has nothing to follow in a session without a run', async () => {
    const { events } = await follow(`${silo.url}/chat/${randomUUID()}/stream`);
    assert.deepEqual(events, []);
  });

  test('a cancel is the end of the run for everybody who follows', async () => {
    const id = await ask('count to 100000');
    let canceled;
    const { events } = await follow(`${silo.url}/chat/${id}/stream`, seen => {
      if (seen.length === 20) {
        canceled = post(`${id}/cancel`);
      }
    });
    assert.deepEqual([await canceled, events.at(-1).type, events.at(-1).body.msg], [{ cancelled: true }, 'error', 'canceled']);
  });

  test('one connection follows a conversation over its runs, with a call that a person approves and one that the client carries out', async () => {
    const id = randomUUID();
    const source = new EventSource(`${silo.url}/chat/${id}/stream?follow=true`);
    const seen = [];
    const looking = new Set();
    source.addEventListener('message', event => {
      seen.push({ id: event.lastEventId, ...JSON.parse(event.data) });
      looking.forEach(look => look());
    });
    const when = find => new Promise(resolve => {
      const look = () => { const found = seen.find(find); if (found) { looking.delete(look); resolve(found); } };
      looking.add(look);
      look();
    });
    const ends = count => when((event, at) => event.type === 'end' && seen.slice(0, at + 1).filter(({ type }) => type === 'end').length === count);
    try {
      await new Promise(resolve => source.addEventListener('open', resolve, { once: true }));
      await ask('delete my notes', silo, id);
      const approval = await when(({ body }) => body?.msg === 'approval-requested');
      await ends(1);
      await post(`${id}/approvals/${approval.body.request_id}`, { approved: true });
      await ends(2);
      await ask('where am I?', silo, id);
      const call = await when(({ body }) => body?.msg === 'tool-requested');
      await ends(3);
      await post(`${id}/tool-results/${call.body.tool_call_id}`, { content: 'Oslo' });
      await ends(4);
      assert.equal(seen.filter(({ type }) => type === 'begin').length, 4);
      assert.match(textOf(seen), /Your notes are deleted[^]*Oslo/);

      // The history says the same.
      const { nodes, pending } = await (await fetch(`${silo.url}/chat/${id}`)).json();
      const texts = nodes.flatMap(node => node.parts).filter(part => part.part_kind === 'text').map(part => part.content);
      assert.deepEqual([pending, texts.every(text => textOf(seen).includes(text)), texts.length > 1], [[], true, true]);
    } finally {
      source.close();
    }
  });

  test('is told what happens to the sessions', async () => {
    const source = new EventSource(`${silo.url}/chat/events`);
    const id = randomUUID();
    try {
      const told = [];
      let asked;
      await new Promise(resolve => source.addEventListener('message', event => {
        const change = JSON.parse(event.data);
        if (change.type === 'refresh') {
          asked = ask('count to 3', silo, id);
        } else if (change.session_id === id) {
          told.push([change.type, change.title]);
          change.type === 'ended' && resolve();
        }
      }));
      await asked;
      assert.deepEqual(told, [['created', 'count to 3'], ['started', 'count to 3'], ['ended', undefined]]);
    } finally {
      source.close();
    }
  });
});
