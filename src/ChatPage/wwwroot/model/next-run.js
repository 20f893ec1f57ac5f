// Waits for a session's next run, whoever starts it, and follows it: over one connection, which stays open between runs. No DOM here.

import { follow } from './follow.js';
import { wayOver } from './way.js';

export class NextRun {
  /** Somebody looks. Otherwise no connection is kept for it: a browser has few. */
  isWanted = true;

  #api;
  #link;
  #signal = null;

  /**
   * @param {object} api  See api.js.
   * @param {Link} link  How the conversation stands with the server, see link.js. When it leaves, the waiting is over.
   */
  constructor(api, link) {
    this.#api = api;
    this.#link = link;
  }

  /**
   * @param {object} conversation
   * @param {() => ?object} last  The last run that is shown: while it has not ended, it is told how its connection stands.
   * @param {(event: object, signal: AbortSignal) => void} onEvent  Takes the events of the runs.
   * @throws {Problem} The server refused, and would again.
   */
  async wait(conversation, last, onEvent) {
    const link = this.#link;
    const { signal } = link;

    if (conversation.id === null || !this.isWanted || this.#signal === signal) {
      return;
    }

    this.#signal = signal;

    try {
      await follow({
        ...wayOver(this.#api, conversation, signal),
        onEvent: event => onEvent(event, signal),
        onState: (state, ms, why) => signal.aborted || (last()?.status ?? 'ended') === 'ended' || link.follows(state, ms, why, last().status === 'live'),
        wait: ms => link.wait(ms),
        signal,
      });
    } catch (error) {
      if (!signal.aborted) {
        this.#signal = null;
        throw error;
      }
    }
  }
}
