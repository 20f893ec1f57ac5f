import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';
import compression from 'compression';
import { counted, startSilo } from './silo.mjs';

// What development servers and `next start` put in front of a server.
const compress = compression();
let silo;
let proxy;
before(async () => {
  silo = await startSilo('--AgentStream:Demo:TokenDelay=30ms');
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
});

for (const [path, body, words] of [
  ['/chat', { prompt: 'count to 20' }, /"content(?:_delta)?":"([^"]*)"/g],
  ['/api/chat', { id: 'p', messages: [{ role: 'user', parts: [{ type: 'text', text: 'count to 20' }] }] }, /"delta":"([^"]*)"/g],
  ['/ag-ui', { threadId: 'q', runId: 'r', messages: [{ id: 'm', role: 'user', content: 'count to 20' }] }, /"delta":"([^"]*)"/g],
]) {
  test(`a proxy that compresses holds nothing back of ${path}`, async () => {
    const response = await fetch(`http://127.0.0.1:${proxy.address().port}${path}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', 'Accept-Encoding': 'gzip' }, body: JSON.stringify(body),
    });
    assert.equal(response.headers.get('content-encoding'), null);
    const pieces = [];
    for await (const piece of response.body) {
      pieces.push(Buffer.from(piece).toString());
    }
    assert.ok(pieces.length > 10, `${pieces.length} pieces`);
    assert.equal([...pieces.join('').matchAll(words)].map(match => match[1]).join(''), counted(20));
  });
}
