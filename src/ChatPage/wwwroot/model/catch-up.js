// Brings a conversation up to what the server knows of it. No DOM here.

import { Problem } from './api.js';
import { backoffMs, isPassing } from './follow.js';
import { merge } from './history.js';

/** How often the server is asked for the prompt of a run that somebody else has started, when it does not know it yet. */
const Looks = 4;

/**
 * Reads a session's history, however long the server cannot be reached.
 * @returns {Promise<?object>} What the session has come to; null when nobody has written to it, or it was left meanwhile.
 * @throws {Problem} The server refused, and would again.
 */
export async function readHistory(api, link, conversation) {
  const { signal } = link;

  for (let failures = 1; !signal.aborted; failures++) {
    try {
      const session = await api.session(conversation.id, signal);

      if (session && !signal.aborted) {
        merge(conversation, session);
      }

      return session;
    } catch (error) {
      if (!signal.aborted && error instanceof Problem && !isPassing(error, false)) {
        throw error;
      }

      if (!signal.aborted) {
        const ms = backoffMs(failures);
        link.lost(ms, error);
        await link.wait(ms);
      }
    }
  }

  return null;
}

/** Asks for what the stream of a run does not say: its prompt, and what was said before it. False when the server does not know either. */
export async function learn(api, conversation, signal) {
  for (let look = 1; look <= Looks && !signal.aborted; look++) {
    const session = await api.session(conversation.id, signal).catch(() => null);

    if (signal.aborted || (session?.status === 'live' && conversation.runs.at(-1)?.status === 'ended')) {
      // It was asked before the end, or another run continues, which nobody follows yet: who looks next sees to it.
      return false;
    }

    if (session && merge(conversation, session)) {
      return true;
    }

    await new Promise(resolve => setTimeout(resolve, 250 * look));
  }

  return false;
}
