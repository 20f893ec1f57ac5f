// Whether there is something new in a session, by what the list of sessions says of it. No DOM here.

export class News {
  /** When the history that was read last had changed, as the list of sessions has it: null for an empty one, undefined before it is known. */
  #changed;

  /**
   * Takes in what the list says.
   * @param {object} listed
   * @param {boolean} isWaiting  The session waits for somebody: then what may have happened before the first list matters, too.
   * @returns {boolean} Whether the session is worth a look.
   */
  take({ live, changed }, isWaiting) {
    const hasGrown = this.#changed === undefined ? isWaiting : changed !== this.#changed;
    this.#changed = changed;
    return hasGrown || live;
  }

  /** The session was read, and has no history: whatever the list says of one is new. */
  foundNone() {
    this.#changed ??= null;
  }

  /** Another session is shown. */
  forget() {
    this.#changed = undefined;
  }
}
