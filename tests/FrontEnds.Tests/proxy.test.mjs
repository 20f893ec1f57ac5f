import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';
import compression from 'compression';
import { startSilo } from './silo.mjs';

// What development servers and `next start` put in front of a server.
const compress = compression();
const said = ['one ', 'two ', 'three ', 'four '];
let heard;
let look = () => {};

/** A model's endpoint that says each word when the one before has come out of the proxy: nothing on the way keeps one back. */
const model = createServer(async (incoming, outgoing) => {
  incoming.resume();
  outgoing.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const say = (delta, finish_reason = null) => outgoing.write(`data: ${JSON.stringify({ id: '1', choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
  for (const [i, content] of said.entries()) {
    say({ content });
    while (heard <= i) {
      await new Promise(resolve => { look = resolve; });
    }
  }
  say({}, 'stop');
  outgoing.end('data: [DONE]\n\n');
});

let silo;
let proxy;
before(async () => {
  model.listen(0, '127.0.0.1');
  await once(model, 'listening');
  silo = await startSilo('--AgentStream:Agents:stepped:Model=stepped', `--AgentStream:Agents:stepped:Endpoint=http://127.0.0.1:${model.address().port}/v1`);
  proxy = createServer((incoming, outgoing) => compress(incoming, outgoing, () => {
    const forwarded = request(silo.url + incoming.url, { method: incoming.method, headers: incoming.headers }, answer => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  })).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
});
after(async () => {
  proxy?.close();
  proxy?.closeAllConnections();
  await silo?.stop();
  model.close();
});

for (const [path, body, words] of [
  ['/chat', { prompt: 'hello' }, /"content(?:_delta)?":"([^"]*)"/g],
  ['/api/chat', { id: 'p', messages: [{ role: 'user', parts: [{ type: 'text', text: 'hello' }] }] }, /"delta":"([^"]*)"/g],
  ['/ag-ui', { threadId: 'q', runId: 'r', messages: [{ id: 'm', role: 'user', content: 'hello' }] }, /"delta":"([^"]*)"/g],
]) {
  test(`a proxy that compresses holds nothing back of ${path}`, async () => {
    heard = 0;
    const response = await fetch(`http://127.0.0.1:${proxy.address().port}${path}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', 'Accept-Encoding': 'gzip' }, body: JSON.stringify(body),
    });
    assert.equal(response.headers.get('content-encoding'), null);
    let text = '';
    const found = () => [...text.matchAll(words)].map(match => match[1]).filter(Boolean);
    for await (const piece of response.body) {
      text += Buffer.from(piece);
      heard = found().length;
      look();
    }
    assert.deepEqual(found(), said);
  });
}
