// What is shown of a conversation, and how it stands with the server. No DOM here, and no network.

import { isWithoutAnswer, newConversation } from './fold.js';
import { Link } from './link.js';

export class Shown {
  /** What has been said, see fold.js. */
  conversation = newConversation(null);

  /** The way to the server, see link.js. */
  link;

  /**
   * @param {() => void} onChange  There is something to show.
   * @param {(notice: ?object) => void} onNotice  Something to tell the user, see notices.js; null takes the last one back.
   */
  constructor(onChange, onNotice) {
    this.link = new Link(onChange, onNotice);
  }

  /** 'idle' | 'loading' | 'connecting' | 'live' | 'lost' */
  get state() {
    return this.link.state;
  }

  /** While the connection is lost: when the next try is due, by Date.now(). */
  get retryAt() {
    return this.link.retryAt;
  }

  /** A run is under way, or is about to be. */
  get isBusy() {
    return this.last !== undefined && this.last.status !== 'ended';
  }

  /** What was last asked can be asked again: it came to no answer. */
  get canRepeat() {
    return this.state === 'idle' && this.last !== undefined && isWithoutAnswer(this.last);
  }

  /** The last run; undefined for none. */
  get last() {
    return this.conversation.runs.at(-1);
  }
}
