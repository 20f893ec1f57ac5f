import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { startSilo } from './silo.mjs';

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const [secret, older, requestSecret] = [newSecret(), newSecret(), newSecret()];

/** A receiver that keeps what comes, and answers as it is told to. */
async function startReceiver() {
  const received = [];
  const waiting = [];
  const receiver = { answer: () => 204, received };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    received.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(receiver.answer(received.filter(({ path }) => path === request.url).length)).end();
    waiting.splice(0).forEach(resolve => resolve());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  receiver.authority = `127.0.0.1:${server.address().port}`;
  receiver.stop = () => server.close();
  receiver.find = async (predicate, count = 1) => {
    for (;;) {
      const found = received.filter(predicate);
      if (found.length >= count) {
        return found;
      }
      await new Promise(resolve => waiting.push(resolve));
    }
  };
  return receiver;
}

let silo;
let receiver;
before(async () => {
  receiver = await startReceiver();
  silo = await startSilo(
    '--AgentStream:Webhooks:AllowHttp=true',
    '--AgentStream:Webhooks:AllowPrivateAddresses=true',
    `--AgentStream:Webhooks:Endpoints:0:Url=http://${receiver.authority}/all`,
    `--AgentStream:Webhooks:Endpoints:0:Secret=${secret} ${older}`,
    `--AgentStream:Webhooks:AllowedHosts:0=${receiver.authority}`,
    `--AgentStream:Webhooks:RequestSecret=${requestSecret}`,
    '--AgentStream:Webhooks:Retries:0=10ms');
});
after(async () => {
  await silo?.stop();
  receiver?.stop();
});

async function ask(body) {
  const response = await fetch(`${silo.url}/chat`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  await response.text();
  return { status: response.status, session: response.headers.get('x-session-id'), run: response.headers.get('x-run-id') };
}

const of = (run, path) => ({ path: at, body }) => at === path && JSON.parse(body).data.run_id === run;

describe('standardwebhooks', () => {
  test('verifies what an endpoint gets, with each of its secrets and no other', async () => {
    const { session, run } = await ask({ prompt: 'count to 5' });
    const [{ headers, body }] = await receiver.find(of(run, '/all'));
    for (const known of [secret, older]) {
      assert.deepEqual(new Webhook(known).verify(body, headers), JSON.parse(body));
    }
    for (const wrong of [requestSecret, newSecret()]) {
      assert.throws(() => new Webhook(wrong).verify(body, headers), /No matching signature/);
    }
    assert.throws(() => new Webhook(secret).verify(body.replace('completed', 'failed'), headers), /No matching signature/);
    const { type, data } = JSON.parse(body);
    assert.equal(type, 'run.completed');
    assert.deepEqual([data.session_id, data.run_id, data.agent, data.status], [session, run, 'demo', 'completed']);
  });

  test('verifies what the URL of a request gets, again with the same id', async () => {
    const path = `/${randomUUID()}`;
    receiver.answer = count => count === 1 ? 500 : 204;
    const { run } = await ask({ prompt: 'count to 5', webhook: `http://${receiver.authority}${path}` });
    const all = await receiver.find(of(run, path), 2);
    for (const { headers, body } of all) {
      assert.equal(new Webhook(requestSecret).verify(body, headers).data.run_id, run);
    }
    assert.equal(new Set(all.map(({ headers }) => headers['webhook-id'])).size, 1);
  });

  test('is never asked by a request with a URL of another host', async () => {
    assert.equal((await ask({ prompt: 'count to 5', webhook: 'https://example.com/' })).status, 400);
  });
});
