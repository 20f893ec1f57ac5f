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

/**
 * Asks for what the stream of a run does not say: its prompt, and what was said before it. Shows it when it is there.
 * @returns {Promise<boolean>} False when the server does not know either, or the session was left meanwhile.
 */
export async function learn(api, link, conversation) {
  const { signal } = link;

  for (let look = 1, failures = 0; look <= Looks && !signal.aborted;) {
    try {
      const session = await api.session(conversation.id, signal);
      // It was asked before the end, or another run is live, which nobody follows yet.
      const isOld = session?.status === 'live' && conversation.runs.at(-1)?.status === 'ended';

      if (!signal.aborted && session && !isOld && merge(conversation, session)) {
        link.set(link.state);
        return true;
      }

      await pause(250 * look++);
    } catch (error) {
      if (error instanceof Problem && !isPassing(error, false)) {
        return false;
      }

      await pause(backoffMs(++failures));
    }
  }

  return false;
}

function pause(ms) {
  return new Promise(resolve => setTimeout(resolve, ms));
}
