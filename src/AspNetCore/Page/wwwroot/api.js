// The routes of the HTTP edge. Addresses are relative, so the page works wherever it is mounted.

/** An answer that is no success: what the server says about it (RFC 9457), or at least its status. */
export class Problem extends Error {
  constructor(status, details = {}) {
    super(details.title ?? `The server answered with status ${status}.`);
    this.status = status;
    this.detail = details.detail ?? null;
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
  const address = (id, what) => `chat/${encodeURIComponent(id)}/${what}`;

  return {
    /** Starts a run; answers with the response, whose body is its stream. */
    start: (id, prompt, agent, signal) => send('chat', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: JSON.stringify({ prompt, session_id: id, ...(agent ? { agent } : {}) }),
      signal,
    }),

    /** Follows a session behind a cursor; null when there is nothing to follow. */
    stream: async (id, cursor, signal) => {
      const headers = { Accept: 'text/event-stream', ...(cursor ? { 'Last-Event-ID': cursor } : {}) };
      const response = await send(address(id, 'stream'), { headers, signal }, 404);
      return response.status === 204 || response.status === 404 ? null : response;
    },

    /** Cancels the run under way; true when there was one. */
    cancel: async id => (await (await send(address(id, 'cancel'), { method: 'POST' })).json()).cancelled,

    /** The ids of the user's live sessions. */
    live: async () => (await (await send('chat', { headers: { Accept: 'application/json' } })).json())
      .map(session => typeof session === 'string' ? session : session?.session_id)
      .filter(isSessionId),
  };

  async function send(url, options, allowed) {
    const response = await fetch(url, { cache: 'no-store', ...options });

    if (!response.ok && response.status !== allowed) {
      throw new Problem(response.status, await response.json().catch(() => undefined));
    }

    return response;
  }
}
