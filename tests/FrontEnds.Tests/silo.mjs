import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Transform } from 'node:stream';

const program = process.env.SILO_PROGRAM;
if (!program) {
  throw new Error('SILO_PROGRAM must be the path of AgentStream.Silo.dll (test.sh sets it).');
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a program in a folder of its own, and waits for the line that says it is ready. */
async function start(command, args, ready) {
  const cwd = await mkdtemp(join(tmpdir(), 'agentstream-'));
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  const found = new Promise((resolve, reject) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', line => {
        lines.push(line);
        const match = ready.exec(line);
        if (match) {
          resolve(match);
        }
      });
    }
    child.on('error', reject);
    child.on('exit', code => reject(new Error(`${command} ended with ${code} before it was ready:\n${lines.join('\n')}`)));
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(cwd, { recursive: true, force: true });
  };
  return { match: await found, stop };
}

// On a busy machine no stream is gone, no Redis counts as away and no run goes elsewhere. A test that is about one of these has a setting of its own: the last one wins.
const patience = ['--AgentStream:GracePeriod=1h', '--AgentStream:RedisTimeout=1m', '--AgentStream:Lease=5m'];

/** A silo on a free port, as its users start it. Killed by stop(). */
export async function startSilo(...settings) {
  const { match, stop } = await start('dotnet', [
    program, '--urls', 'http://127.0.0.1:0', '--AgentStream:Demo:TokenDelay=00:00:00.005', ...patience, ...settings,
  ], /Now listening on: (\S+)/);
  return { url: match[1], stop };
}

export async function startRedis() {
  const port = await freePort();
  const { stop } = await start('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], /Ready to accept connections/);
  return { address: `127.0.0.1:${port}`, stop };
}

/** For a cutter: keeps back what is counted behind 20, so that an answer that is cut was not over, however late the cut is. */
export const to20 = { before: '"21 "' };

/** Stands between a client and a silo, and cuts their connections when it is told to. Until the first cut it keeps back the frame with a text, if one is given, and all behind it. */
export async function startCutter(url, { port = 0, before } = {}) {
  const target = new URL(url);
  const sockets = new Set();
  const server = createServer(client => {
    const silo = connect(Number(target.port), target.hostname);
    for (const socket of [client, silo]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    let isHeld = false;
    const answer = new Transform({
      transform(piece, _, done) {
        const at = before && !isHeld ? piece.indexOf(before) : -1;
        done(null, isHeld ? '' : at < 0 ? piece : piece.subarray(0, piece.lastIndexOf('\n\n', at) + 2));
        isHeld ||= at >= 0;
      },
    });
    client.pipe(silo).pipe(answer).pipe(client);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    before = undefined;
    sockets.forEach(socket => socket.resetAndDestroy());
  };
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut,
    stop: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}

/** Waits until a run has ended, and nothing is left of it but the history. */
export async function expired(silo, id) {
  for (;;) {
    const response = await fetch(`${silo.url}/chat/${id}/stream`);
    await response.body?.cancel();
    if (response.status === 204) {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/** Waits until a condition holds that no event tells of. */
export async function until(condition) {
  const limit = Date.now() + 120_000;
  while (!await condition()) {
    assert.ok(Date.now() < limit, 'it takes too long');
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** The session as the silo shows it. */
export const session = async (silo, id) => (await fetch(`${silo.url}/chat/${id}`)).json();

/** Numbers up to n, as the demo agent counts. */
export const counted = n => Array.from({ length: n }, (_, i) => `${i + 1} `).join('');
