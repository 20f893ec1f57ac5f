// The box to type in, and its buttons.

export class Composer {
  #prompt;
  #send;
  #stop;
  #onSend;

  /**
   * @param {(id: string) => HTMLElement} $
   * @param {(prompt: string) => boolean} onSend  Takes a prompt; false when it cannot be sent now.
   * @param {() => void} onStop
   */
  constructor($, onSend, onStop) {
    [this.#prompt, this.#send, this.#stop] = ['prompt', 'send', 'stop'].map($);
    this.#onSend = onSend;
    this.#stop.addEventListener('click', onStop);
    this.#prompt.addEventListener('input', () => this.#fit());
    this.#prompt.addEventListener('keydown', event => {
      // 229: an Enter that only ends the composition of a character.
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
        event.preventDefault();
        this.submit();
      }
    });
    $('composer').addEventListener('submit', event => {
      event.preventDefault();
      this.submit();
    });
    this.#fit();
  }

  focus() {
    this.#prompt.focus();
  }

  /** What was not sent is in the box again, before what has been typed since. */
  giveBack(text) {
    this.#prompt.value = this.#prompt.value ? `${text}\n${this.#prompt.value}` : text;
    this.#fit();
  }

  update({ isBusy, isStopping }) {
    // A button that goes must not take the keyboard's place with it.
    const hadFocus = document.activeElement === this.#stop;
    this.#stop.hidden = !isBusy;
    this.#stop.disabled = isStopping;
    this.#send.setAttribute('aria-label', isBusy ? 'Send when the answer is there' : 'Send');
    this.#send.title = isBusy ? 'Send when the answer is there (Enter)' : 'Send (Enter)';
    this.#fit();

    if (hadFocus && (!isBusy || isStopping)) {
      this.#prompt.focus();
    }
  }

  /** Sends what is in the box, if it can be sent. */
  submit() {
    const text = this.#prompt.value;

    if (text.trim() !== '' && this.#onSend(text)) {
      this.#prompt.value = '';
      this.#fit();
      this.#prompt.focus();
    }
  }

  #fit() {
    this.#prompt.style.height = 'auto';
    this.#prompt.style.height = `${this.#prompt.scrollHeight}px`;
    this.#send.disabled = this.#prompt.value.trim() === '';
    // While an answer comes there is a stop; with something in the box, there is also something to send.
    this.#send.hidden = this.#send.disabled && !this.#stop.hidden;
  }
}
