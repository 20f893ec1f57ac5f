// The list of the user's sessions, kept up to date by what the server tells of them. No DOM here.

import { Problem } from './api.js';
import { backoffMs, follow } from './follow.js';
import { Pause } from './pause.js';

export class Sessions {
  /** The sessions, the latest first: `{ session_id, title, changed, live }`; null before they are known. */
  all = null;

  /** Whether the server answered the last time. */
  isReachable = true;

  #api;
  #onChange;
  #onRead;
  #leave = null;
  #pause = new Pause();
  #retry = null;
  #failures = 0;
  #looking = null;
  #isStale = false;

  /**
   * @param {object} api  See api.js.
   * @param {() => void} onChange  There is something else to show.
   * @param {() => void} [onRead]  The list was read anew.
   */
  constructor({ api, onChange, onRead = () => { } }) {
    this.#api = api;
    this.#onChange = onChange;
    this.#onRead = onRead;
  }

  /** Whether a session is known to be live. */
  isLive(id) {
    return this.#find(id)?.live ?? false;
  }

  /** Reads the list, and keeps it up to date until {@link sleep}; what waits to be tried again is tried now. */
  async watch() {
    if (this.#leave) {
      this.#pause.wake();
      return;
    }

    this.#leave = new AbortController();
    const { signal } = this.#leave;

    try {
      await follow({
        resume: () => this.#api.events(signal),
        isComplete: null,
        onEvent: event => this.#take(event),
        onState: (state, _, why) => this.#reach(state !== 'lost' || isThere(why), state),
        wait: ms => this.#pause.wait(ms),
        signal,
      });
    } catch (error) {
      // Nobody may watch here; who asks for the list is told why.
      this.#leave = null;
      this.#reach(isThere(error), 'lost');
    }
  }

  /** Nobody looks: the list is not kept up to date any more. */
  sleep() {
    clearTimeout(this.#retry);
    this.#leave?.abort();
    this.#leave = null;
    this.#pause.wake();
  }

  /** Reads the list now. Who asks while it is being read gets the one after it, since that one may have missed what they mean. */
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
    this.#drop(id);
    this.#onChange();
  }

  async #look() {
    clearTimeout(this.#retry);

    try {
      this.all = await this.#api.list();
      this.isReachable = true;
      this.#failures = 0;
      this.#onRead();
    } catch (error) {
      this.isReachable = isThere(error);

      if (this.#leave !== null) {
        this.#retry = setTimeout(() => this.refresh(), backoffMs(++this.#failures));
      }
    }

    this.#onChange();
  }

  #take({ type, session_id: id, title, time }) {
    if (type === 'refresh') {
      this.refresh();
      return;
    }

    // The list that is being read may be older than this.
    this.#isStale ||= this.#looking !== null;

    if (this.all === null) {
      return;
    }

    if (type === 'deleted') {
      this.#drop(id);
    } else if (type === 'renamed') {
      Object.assign(this.#find(id) ?? {}, { title });
    } else {
      const known = this.#find(id) ?? { session_id: id, title: title ?? id };
      this.#drop(id);
      this.all.unshift({ ...known, title: title ?? known.title, changed: time, live: type === 'created' || type === 'started' });
    }

    this.#onChange();
  }

  #find(id) {
    return this.all?.find(session => session.session_id === id);
  }

  #drop(id) {
    this.all = this.all?.filter(session => session.session_id !== id) ?? null;
  }

  #reach(isReachable, state) {
    if (state !== 'connecting' && isReachable !== this.isReachable) {
      this.isReachable = isReachable;
      this.#onChange();
    }
  }
}

/** A server that says that it cannot is there. */
function isThere(error) {
  return error instanceof Problem && ![502, 503, 504].includes(error.status);
}
