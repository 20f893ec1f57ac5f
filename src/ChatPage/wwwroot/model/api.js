// The routes of the HTTP edge. Addresses are relative, so the page works wherever it is mounted.

/** An answer that is no success: what the server says about it (RFC 9457), or at least its status. */
export class Problem extends Error {
  constructor(status, details = {}) {
    super(details.title ?? `The server answered with status ${status}.`);
    this.status = status;
    this.detail = details.detail ?? null;
    this.fields = Object.keys(details.errors ?? {});
    // { "prompt": ["must not be empty"] } -> "prompt: must not be empty"
    this.rules = Object.entries(details.errors ?? {})
      .flatMap(([field, rules]) => [rules].flat().map(rule => `${field}: ${rule}`));
  }
}

/** What a session id may be; the server has the same rule. */
export function isSessionId(text) {
  return typeof text === 'string' && /^[A-Za-z0-9._~@=+-]{1,128}$/.test(text) && text !== '.' && text !== '..';
}

/** A session id that nobody has yet. (crypto.randomUUID is not there on a page without TLS.) */
export function newSessionId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}

/** The routes, over one fetch function. */
export function createApi(fetch) {
  const address = (id, what = '') => `chat/${encodeURIComponent(id)}${what}`;
  const json = { headers: { Accept: 'application/json' } };

  return {
    /** Starts a run; answers with the response, whose body is its stream. `onBusy`: what becomes of it while another run is under way. */
    start: (id, prompt, agent, signal, onBusy) => send('chat', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: JSON.stringify({ prompt, session_id: id, ...(agent ? { agent } : {}), ...(onBusy ? { on_busy: onBusy } : {}) }),
      signal,
    }),

    /** Follows a session behind a cursor, or without one the run of that id, which may still wait; null when there is nothing to follow. */
    stream: async (id, cursor, signal, runId) => {
      const headers = { Accept: 'text/event-stream', ...(cursor ? { 'Last-Event-ID': cursor } : {}) };
      const run = runId && !cursor ? `?run=${encodeURIComponent(runId)}` : '';
      const response = await send(address(id, `/stream${run}`), { headers, signal }, 404);
      return response.status === 204 || response.status === 404 ? null : response;
    },

    /** Follows a session over its runs, behind a cursor or from the beginning of the run under way. */
    follow: (id, cursor, signal) => send(address(id, '/stream?follow=true'), { headers: { Accept: 'text/event-stream', ...(cursor ? { 'Last-Event-ID': cursor } : {}) }, signal }),

    /** What happens to the user's sessions: `{ type, session_id, title, time }` each. */
    events: signal => send('chat/events', { headers: { Accept: 'text/event-stream' }, signal }),

    /** Cancels the run under way; true when there was one. */
    cancel: async id => (await (await send(address(id, '/cancel'), { method: 'POST' })).json()).cancelled,

    /** Answers a request that waits for a person; `body` is JSON. */
    answer: (id, requestId, body) => send(address(id, `/approvals/${encodeURIComponent(requestId)}`), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...json.headers },
      body,
    }),

    /** What a session has come to; null when nobody has written to it. */
    session: async (id, signal) => {
      const response = await send(address(id), { ...json, signal }, 404);
      return response.status === 404 ? null : response.json();
    },

    /** The user's sessions, live or not, the latest first: `{ session_id, title, changed, live }` each. */
    list: async () => (await (await send('chat?all=true', json)).json()).filter(session => isSessionId(session?.session_id)),

    /** Forgets a session. */
    remove: id => send(address(id), { method: 'DELETE' }),
  };

  async function send(url, options, allowed) {
    const response = await fetch(url, { cache: 'no-store', ...options });

    if (!response.ok && response.status !== allowed) {
      throw new Problem(response.status, await response.json().catch(() => undefined));
    }

    return response;
  }
}
