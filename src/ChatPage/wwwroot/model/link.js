// How a conversation stands with the server: whether it is being followed, lost, tried again. No DOM here, and no network.

import { Problem } from './api.js';
import { noticeOf } from './notices.js';
import { Pause } from './pause.js';

export class Link {
  /** 'idle' | 'loading' | 'connecting' | 'live' | 'lost' */
  state = 'idle';

  /** While the connection is lost: when the next try is due, by Date.now(). */
  retryAt = 0;

  #onChange;
  #onNotice;
  #leave = new AbortController();
  #pause = new Pause();
  #saidWhy = false;

  constructor(onChange, onNotice) {
    this.#onChange = onChange;
    this.#onNotice = onNotice;
  }

  /** Is aborted when what is shown now is left. */
  get signal() {
    return this.#leave.signal;
  }

  set(state) {
    this.state = state;
    this.#onChange();
  }

  /** The connection broke, and is tried again after a while. */
  lost(ms, why) {
    this.retryAt = Date.now() + ms;
    this.set('lost');

    // A server that is there and says why it cannot is worth more than 'connection lost'.
    if (why instanceof Problem && !this.#saidWhy) {
      this.#saidWhy = true;
      this.#onNotice(noticeOf(why));
    }
  }

  /** What follow.js says of its connections. */
  follows(state, ms, why, isLive) {
    if (state === 'lost') {
      this.lost(ms, why);
    } else if (state === 'open') {
      this.heard();
      this.set(isLive ? 'live' : 'connecting');
    } else if (this.state !== 'lost') {
      this.set('connecting');
    }
  }

  /** The server answers. */
  heard() {
    if (this.#saidWhy) {
      this.#saidWhy = false;
      this.#onNotice(null);
    }
  }

  /** Waits before the next try, unless somebody wakes it. */
  wait(ms) {
    return this.#pause.wait(ms);
  }

  /** Tries again now, rather than when the time has come. */
  wake() {
    this.#pause.wake();
  }

  /** Leaves what is followed. */
  leave() {
    this.#leave.abort();
    this.wake();
    this.#leave = new AbortController();
    this.#saidWhy = false;
  }
}
