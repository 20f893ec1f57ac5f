// The list of the user's sessions, kept up to date while somebody looks at it. No DOM here.

import { Problem } from './api.js';

/** How long to wait for the next look: sooner while something is under way, or waits for somebody. */
export const Pause = { live: 4_000, quiet: 15_000 };

export class Sessions {
  /** The sessions, the latest first: `{ session_id, title, changed, live }`; null before they are known. */
  all = null;

  /** Whether the server answered the last time. */
  isReachable = true;

  #api;
  #onChange;
  #isVisible;
  #isWaiting;
  #timer = null;
  #looking = null;
  #isStale = false;

  /**
   * @param {object} api  See api.js.
   * @param {() => void} onChange  There is an answer, or none.
   * @param {() => boolean} isVisible  Whether anybody looks.
   * @param {() => boolean} isWaiting  Whether something that is shown waits for somebody, who may be elsewhere.
   */
  constructor({ api, onChange, isVisible = () => true, isWaiting = () => false }) {
    this.#api = api;
    this.#onChange = onChange;
    this.#isVisible = isVisible;
    this.#isWaiting = isWaiting;
  }

  /** Whether a session is known to be live. */
  isLive(id) {
    return this.all?.some(session => session.session_id === id && session.live) ?? false;
  }

  /** Looks now. Who asks while a look is under way gets the one after it, since that one may have missed what they mean. */
  refresh() {
    if (this.#looking) {
      this.#isStale = true;
      return this.#looking;
    }

    this.#looking = this.#look().finally(() => {
      this.#looking = null;

      if (this.#isStale) {
        this.#isStale = false;
        this.refresh();
      }
    });
    return this.#looking;
  }

  /** Forgets a session on the server, and here. */
  async remove(id) {
    await this.#api.remove(id);
    this.all = this.all?.filter(session => session.session_id !== id) ?? null;
    this.#onChange();
    await this.refresh();
  }

  async #look() {
    clearTimeout(this.#timer);

    try {
      this.all = await this.#api.list();
      this.isReachable = true;
    } catch (error) {
      // A server that says that it cannot list is there.
      this.isReachable = error instanceof Problem && ![502, 503, 504].includes(error.status);
    }

    const isSoon = !this.isReachable || this.#isWaiting() || this.all?.some(session => session.live);
    this.#timer = setTimeout(() => this.#isVisible() && this.refresh(), isSoon ? Pause.live : Pause.quiet);
    this.#onChange();
  }
}
