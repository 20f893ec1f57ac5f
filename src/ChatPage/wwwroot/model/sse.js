// Reads a stream of server-sent events as it arrives, cut anywhere: in a line, in a CR LF pair, in a character.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

/** An incremental parser: `push` takes bytes or text and returns the frames that are complete now. */
export class SseParser {
  #decoder = new TextDecoder();
  #rest = '';
  #skipLineFeed = false;
  #data = [];
  #event = '';
  #id = null;

  /**
   * @param {Uint8Array | string} chunk
   * @returns {{id: string | null, event: string, data: string}[]} `id` is the last one the stream gave, also in an earlier frame.
   */
  push(chunk) {
    // The decoder keeps half a character back until its other half comes, and takes a byte order mark away.
    this.#rest += typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true });
    const frames = [];
    let from = 0;

    for (let at = 0; at < this.#rest.length; at++) {
      const char = this.#rest[at];

      if (char === '\n' && this.#skipLineFeed) {
        this.#skipLineFeed = false;
        from = at + 1;
      } else if (char === '\n' || char === '\r') {
        // A CR ends the line at once; if its LF comes later, even in the next chunk, it is no second line.
        this.#skipLineFeed = char === '\r';
        this.#line(this.#rest.slice(from, at), frames);
        from = at + 1;
      } else {
        this.#skipLineFeed = false;
      }
    }

    this.#rest = this.#rest.slice(from);
    return frames;
  }

  #line(line, frames) {
    if (line === '') {
      if (this.#data.length > 0) {
        frames.push({ id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') });
      }

      this.#data = [];
      this.#event = '';
      return;
    }

    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);

    // A line that starts with a colon is a comment: its field is empty and matches nothing.
    if (field === 'data') {
      this.#data.push(value);
    } else if (field === 'event') {
      this.#event = value;
    } else if (field === 'id' && !value.includes('\0')) {
      this.#id = value;
    }
  }
}
