import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { EventSource } from 'eventsource';
import { counted, expired, startCutter, startSilo } from './silo.mjs';

let silo;
before(async () => { silo = await startSilo(); });
after(() => silo?.stop());

/** Starts a run, and leaves it. */
async function ask(prompt, at = silo) {
  const id = randomUUID();
  const response = await fetch(`${at.url}/chat`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ prompt, session_id: id }),
  });
  assert.equal(response.status, 200);
  await response.body.cancel();
  return id;
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
    const cutter = await startCutter(silo.url);
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
    const cutter = await startCutter(far.url);
    let again;
    try {
      const id = await ask('count to 300', far);
      let slept;
      const { events, connections } = await follow(`${cutter.url}/chat/${id}/stream`, seen => {
        if (seen.length === 20) {
          slept = cutter.stop().then(() => expired(far, id)).then(async () => { again = await startCutter(far.url, Number(new URL(cutter.url).port)); });
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
});
