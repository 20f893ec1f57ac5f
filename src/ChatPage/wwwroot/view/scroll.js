// Keeps the end of the conversation in sight, as long as the reader is there.

export class StickyScroll {
  #main;
  #latest;
  #isBusy;
  #isAtEnd = true;
  #lastTop = 0;

  constructor(main, latest, isBusy) {
    this.#main = main;
    this.#latest = latest;
    this.#isBusy = isBusy;
    main.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    latest.addEventListener('click', () => this.toEnd());
    // The page that shows the end of a conversation still shows it when the keyboard of a phone comes up.
    new ResizeObserver(() => this.update()).observe(main);
  }

  /** Goes to the end, and stays there. */
  toEnd() {
    this.#isAtEnd = true;
    this.update();
  }

  /** The content has grown. */
  update() {
    if (this.#isAtEnd) {
      this.#main.scrollTop = this.#main.scrollHeight;
      this.#lastTop = this.#main.scrollTop;
    }

    this.#latest.hidden = this.#isAtEnd || !this.#isBusy();
  }

  #scrolled() {
    const below = this.#main.scrollHeight - this.#main.scrollTop - this.#main.clientHeight;
    // Whoever pulls up, be it a little, wants to read there; only who comes back to the end goes along with it again.
    this.#isAtEnd = this.#main.scrollTop < this.#lastTop ? this.#isAtEnd && below < 2 : this.#isAtEnd || below < 24;
    this.#lastTop = this.#main.scrollTop;
    this.#latest.hidden = this.#isAtEnd || !this.#isBusy();
  }
}
