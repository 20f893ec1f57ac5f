import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { JSDOM } from 'jsdom';
import { counted, expired, session, startCutter, startSilo, to20 } from './silo.mjs';

// React looks for a page when it is loaded.
const { window } = new JSDOM('<!doctype html><div id="root"></div>', { url: 'http://127.0.0.1/' });
Object.assign(globalThis, { window, document: window.document });
globalThis.navigator ??= window.navigator;
const [{ createElement }, { createRoot }] = [await import('react'), await import('react-dom/client')];
const versions = [
  [7, await import('@ai-sdk/react'), await import('ai')],
  [6, await import('ai-sdk-react-6'), await import('ai-6')],
];

let silo;
before(async () => { silo = await startSilo(); });
after(() => silo?.stop());

for (const [version, { useChat }, { DefaultChatTransport }] of versions) {
  /** The hook as docs/frontends.md prints it, in a page of its own. */
  function open(id, way = silo) {
    const looks = new Set();
    const page = { chat: undefined };
    const looked = Promise.withResolvers();
    const transport = new DefaultChatTransport({
      api: `${silo.url}/api/chat`,
      body: { agent: 'demo' },
      fetch: async (url, init) => {
        const response = await fetch(new URL(new URL(url).pathname, way.url), init);
        if (!init?.body) setImmediate(looked.resolve);
        return response;
      },
    });
    const root = createRoot(window.document.body.appendChild(window.document.createElement('div')));
    function Page() {
      page.chat = useChat({ id, transport, resume: true });
      queueMicrotask(() => looks.forEach(look => look()));
      return null;
    }
    root.render(createElement(Page));
    page.when = condition => new Promise(resolve => {
      const look = () => page.chat && condition(page.chat) && (looks.delete(look), resolve());
      looks.add(look);
      look();
    });
    // The hook is ready before it has looked for an answer to resume. A prompt sent in between would be resumed by that look.
    page.ready = () => looked.promise.then(() => page.when(chat => chat.status === 'ready'));
    page.text = () => {
      const last = page.chat.messages.at(-1);
      return last?.role === 'assistant' ? last.parts.filter(part => part.type === 'text').map(part => part.text).join('') : '';
    };
    page.close = () => root.unmount();
    page.cancel = () => fetch(`${silo.url}/api/chat/${id}/cancel`, { method: 'POST' });
    return page;
  }

  describe(`useChat of AI SDK ${version}, without a header that names the version`, () => {
    test('a prompt is answered', async () => {
      const page = open(randomUUID());
      await page.ready();
      await page.chat.sendMessage({ text: 'what is 12*7?' });
      await page.when(chat => chat.status === 'ready' && /84/.test(page.text()));
      page.close();
    });

    test('a cancel ends the answer, and the next prompt is answered', async () => {
      const page = open(randomUUID());
      await page.ready();
      page.chat.sendMessage({ text: 'count to 100000' });
      await page.when(chat => chat.status === 'streaming' && page.text().length > 10);
      assert.deepEqual(await (await page.cancel()).json(), { cancelled: true });
      await page.when(chat => chat.status === 'ready');
      assert.equal(page.chat.error, undefined);
      await page.chat.sendMessage({ text: 'count to 3' });
      await page.when(chat => chat.status === 'ready' && page.text() === counted(3));
      page.close();
    });

    test('a page that is opened again resumes the answer', async () => {
      const id = randomUUID();
      const page = open(id);
      await page.ready();
      page.chat.sendMessage({ text: 'count to 400' });
      await page.when(() => page.text().length > 10);
      page.close();

      const again = open(id);
      await again.when(chat => chat.status === 'ready' && again.text() === counted(400));
      again.close();
      assert.equal((await session(silo, id)).error, null);
    });

    test('a phone that slept until the stream is gone shows the whole answer when it wakes', async () => {
      const far = await startSilo('--AgentStream:GracePeriod=0s');
      const cutter = await startCutter(far.url, to20);
      const way = { url: cutter.url };
      const id = randomUUID();
      const page = open(id, way);
      await page.ready();
      page.chat.sendMessage({ text: 'count to 400' });
      await page.when(() => page.text().length > 10);
      await cutter.stop();
      await page.when(chat => chat.status === 'error');
      assert.notEqual(page.text(), counted(400));
      await expired(far, id);

      way.url = far.url;
      const last = page.chat.messages.at(-1);
      page.chat.setMessages(page.chat.messages.slice(0, -1));
      await page.chat.resumeStream({ headers: { 'Last-Event-ID': `${last.id.split(':').at(-1)}.0` } });
      await page.when(chat => chat.status === 'ready' && page.text() === counted(400));
      assert.deepEqual(page.chat.messages.map(message => message.role), ['user', 'assistant']);
      assert.equal(page.chat.messages.at(-1).id, last.id);
      page.close();
      await far.stop();
    });

    test('a stop works after a resume', async () => {
      const id = randomUUID();
      const page = open(id);
      await page.ready();
      page.chat.sendMessage({ text: 'count to 100000' });
      await page.when(() => page.text().length > 10);
      page.close();

      const again = open(id);
      await again.when(chat => chat.status === 'streaming' && again.text().length > 10);
      assert.deepEqual(await (await again.cancel()).json(), { cancelled: true });
      await again.when(chat => chat.status === 'ready');
      again.close();
      assert.equal((await session(silo, id)).error, 'canceled');
    });
  });
}
