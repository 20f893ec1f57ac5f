import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { counted, session, startSilo } from './silo.mjs';

const sample = fileURLToPath(new URL('../../samples/React', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript' };

/** The sample as its users build it, on an origin of its own. */
async function serve(silo, server) {
  const folder = await mkdtemp(join(tmpdir(), 'agentstream-react-'));
  await promisify(execFile)(process.execPath, [join(sample, 'node_modules/vite/bin/vite.js'), 'build', '--outDir', folder, '--emptyOutDir'], {
    cwd: sample, env: { ...process.env, VITE_API: `${silo.url}/api/chat` },
  });
  server.on('request', async ({ url }, response) => {
    const path = new URL(url, 'http://x').pathname;
    const file = join(folder, path === '/' ? 'index.html' : path);
    const content = await readFile(file).catch(() => null);
    response.writeHead(content ? 200 : 404, { 'content-type': types[extname(file)] ?? 'text/plain' }).end(content);
  });
  return () => rm(folder, { recursive: true });
}

describe('samples/React, in a browser, on another origin', () => {
  let silo, server, origin, clean, browser;

  before(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${server.address().port}`;
    silo = await startSilo(`--AgentStream:Http:AllowedOrigins:0=${origin}`);
    clean = await serve(silo, server);
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'], timeout: 120_000 });
  });

  after(async () => {
    await browser?.close();
    server?.close();
    await silo?.stop();
    await clean?.();
  });

  /** Opens a session. The page has asked for an answer to resume, so that a prompt is none. */
  async function open(id) {
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    const resumed = page.waitForResponse(response => response.url().includes(`/${id}/stream`));
    await page.goto(`${origin}/#${id}`);
    await resumed;
    return page;
  }

  async function ask(page, text) {
    await page.getByLabel('Message').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  }

  const ready = page => page.locator('main[data-status=ready]').waitFor();
  const said = page => page.locator('section').evaluateAll(sections => sections.map(({ dataset, innerText }) => [dataset.role, innerText.replace(/^(You|Agent)\s+/, '').trim()]));

  test('a reload shows the history, and nothing twice', async () => {
    const id = randomUUID();
    const page = await open(id);
    await ask(page, 'what is 12*7?');
    await page.getByText('12*7 is 84.').waitFor();
    await ready(page);
    const seen = await said(page);
    assert.deepEqual(seen.map(([role]) => role), ['user', 'assistant']);

    // The answer's stream is still there.
    await page.close();
    const again = await open(id);
    await again.getByText('12*7 is 84.').waitFor();
    await ready(again);
    assert.deepEqual(await said(again), seen);
    await ask(again, 'count to 3');
    await again.getByText('1 2 3').waitFor();
    await ready(again);
    assert.deepEqual((await said(again)).map(([role]) => role), ['user', 'assistant', 'user', 'assistant']);
    await again.close();
  });

  test('a reload in the middle of an answer shows all of it', async () => {
    const id = randomUUID();
    const page = await open(id);
    await ask(page, 'count to 400');
    await page.getByText('1 2 3 ').waitFor();
    await page.close();
    const again = await open(id);
    await again.getByText(' 399 400').waitFor();
    await ready(again);
    assert.deepEqual(await said(again), [['user', 'count to 400'], ['assistant', counted(400).trim()]]);
    await again.close();
  });

  test('Stop cancels the run, also after a reload', async () => {
    const id = randomUUID();
    const page = await open(id);
    await ask(page, 'count to 100000');
    await page.getByText('1 2 3 ').waitFor();
    await page.close();
    const again = await open(id);
    await again.getByText('1 2 3 ').waitFor();
    await again.getByRole('button', { name: 'Stop' }).click();
    await ready(again);
    assert.deepEqual([(await session(silo, id)).status, (await session(silo, id)).error], ['idle', 'canceled']);
    await ask(again, 'count to 3');
    await again.locator('section').nth(3).getByText('1 2 3').waitFor();
    await again.close();
  });
});
