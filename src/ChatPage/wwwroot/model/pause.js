// A wait that somebody can end. No DOM here.

export class Pause {
  #wake = () => { };

  /** Waits, unless somebody wakes it. */
  wait(ms) {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the wait now. */
  wake() {
    this.#wake();
  }
}
