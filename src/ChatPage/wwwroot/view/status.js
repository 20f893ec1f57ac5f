// The line that says how things stand, for those who see it and for those who hear it.

const BackMs = 4000;

export class StatusLine {
  #line;
  #count;
  #say;
  #state = 'idle';
  #countdown = null;
  #isBack = false;
  #wasLost = false;

  /**
   * @param {HTMLElement} line   A live region: what changes in it is read out.
   * @param {HTMLElement} count  What changes each second, and is not.
   * @param {HTMLElement} say    A live region that nobody sees.
   */
  constructor(line, count, say) {
    this.#line = line;
    this.#count = count;
    this.#say = say;
  }

  /** Reads a word out. */
  say(text) {
    this.#say.textContent = '';
    requestAnimationFrame(() => { this.#say.textContent = text; });
  }

  /** @param {{state: string, retryAt: number, isStopping: boolean}} chat  @param {boolean} isReachable  Whether the server answered the last time. */
  update(chat, isReachable) {
    const isLost = chat.state === 'lost' || (chat.state === 'idle' && !isReachable);

    if (this.#wasLost && !isLost) {
      this.#isBack = true;
      setTimeout(() => {
        this.#isBack = false;
        this.#show(this.#text(chat));
      }, BackMs);
    }

    this.#wasLost = isLost;
    this.#state = isLost ? 'lost' : chat.isStopping ? 'stopping' : chat.state;
    this.#show(this.#text(chat));
    this.#line.dataset.state = this.#state;
    clearTimeout(this.#countdown);
    this.#tick(chat);
  }

  #text() {
    return {
      lost: 'Connection lost, trying again', stopping: 'Stopping…', loading: 'Loading…', connecting: 'Connecting…', live: 'Answering…', idle: '',
    }[this.#state] || (this.#isBack ? 'Connected again' : '');
  }

  #show(text) {
    const shown = this.#isBack && this.#state !== 'lost' ? 'Connected again' : text;

    if (this.#line.textContent !== shown) {
      this.#line.textContent = shown;
    }
  }

  #tick(chat) {
    const seconds = this.#state === 'lost' && chat.state === 'lost' ? Math.ceil((chat.retryAt - Date.now()) / 1000) : 0;
    this.#count.textContent = seconds > 0 ? ` in ${seconds} s` : this.#state === 'lost' ? '…' : '';

    if (seconds > 0) {
      this.#countdown = setTimeout(() => this.#tick(chat), 500);
    }
  }
}
