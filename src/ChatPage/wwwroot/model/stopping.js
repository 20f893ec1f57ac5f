// The wish that the run under way stops. No DOM here.

import { notStopped } from './notices.js';

export class Stopping {
  /** The user wants it, and the run has not ended yet. */
  isWanted = false;

  #api;
  #onFailed;

  /** @param {(notice: object) => void} onFailed  The wish did not get to the server, and is given up. */
  constructor(api, onFailed) {
    this.#api = api;
    this.#onFailed = onFailed;
  }

  /** Cancels the run under way, whoever started it; `isShown`: whether anybody still wants to know. */
  async cancel(id, isShown) {
    try {
      // False: there was nothing to cancel any more, so the end is on its way.
      await this.#api.cancel(id);
    } catch (error) {
      if (this.isWanted && isShown()) {
        this.isWanted = false;
        this.#onFailed(notStopped(error));
      }
    }
  }
}
