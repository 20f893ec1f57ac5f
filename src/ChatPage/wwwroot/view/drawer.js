// The list of sessions at the side: always there where there is room, else a drawer that a button opens.

export class Drawer {
  #side;
  #toggle;

  constructor(side, toggle, shade) {
    this.#side = side;
    this.#toggle = toggle;
    toggle.addEventListener('click', () => this.isOpen ? this.close() : this.#open());
    shade.addEventListener('click', () => this.close());
    side.addEventListener('click', event => event.target.closest('a') && this.close());
  }

  get isOpen() {
    return document.body.dataset.drawer === 'open';
  }

  #open() {
    document.body.dataset.drawer = 'open';
    this.#toggle.setAttribute('aria-expanded', 'true');
    this.#side.querySelector('a, button')?.focus();
  }

  /** Closes it; the keyboard goes back to where it was opened. */
  close() {
    if (this.isOpen) {
      const hadFocus = this.#side.contains(document.activeElement);
      delete document.body.dataset.drawer;
      this.#toggle.setAttribute('aria-expanded', 'false');
      hadFocus && this.#toggle.focus();
    }
  }
}
