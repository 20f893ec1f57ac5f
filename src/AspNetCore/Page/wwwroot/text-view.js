// Shows a text that grows. Finished blocks are left alone, and text that only got longer is only appended,
// so that a selection survives and a long answer stays quick.

import { blocksOf, inlinesOf } from './text.js';
import { el, icon } from './dom.js';

export class TextView {
  #element;
  #shown = '';
  #blocks = [];

  constructor(element) {
    this.#element = element;
  }

  update(text) {
    if (text.length === this.#shown.length) {
      return;
    }

    if (!text.startsWith(this.#shown)) {
      this.#element.replaceChildren();
      this.#blocks = [];
    }

    this.#shown = text;
    const kept = Math.max(this.#blocks.length - 1, 0);
    const from = this.#blocks[kept]?.start ?? 0;

    blocksOf(text, from).forEach((block, offset) => {
      const at = kept + offset;

      if (this.#blocks[at]?.kind !== block.kind) {
        this.#blocks.splice(at).forEach(old => old.element.remove());
        this.#blocks[at] = block.kind === 'code' ? new CodeBlock() : new TextBlock();
        this.#element.append(this.#blocks[at].element);
      }

      this.#blocks[at].start = block.start;
      this.#blocks[at].update(block);
    });
  }
}

class TextBlock {
  kind = 'text';
  element = el('div', { class: 'paragraph' });
  #inlines = [];

  update({ text }) {
    const inlines = inlinesOf(text);
    const differs = inlines.findIndex((inline, at) =>
      inline.kind !== this.#inlines[at]?.kind || inline.text !== this.#inlines[at].text);
    const from = differs < 0 ? inlines.length : differs;
    const old = this.#inlines[from];

    if (old?.kind === 'text' && inlines[from]?.kind === 'text' && inlines[from].text.startsWith(old.text)) {
      const { firstChild } = this.element.childNodes[from];
      firstChild.appendData(inlines[from].text.slice(old.text.length));
      this.#replace(from + 1, inlines);
    } else {
      this.#replace(from, inlines);
    }

    this.#inlines = inlines;
  }

  #replace(from, inlines) {
    [...this.element.childNodes].slice(from).forEach(node => node.remove());
    this.element.append(...inlines.slice(from).map(({ kind, text }) =>
      el(kind === 'code' ? 'code' : kind === 'bold' ? 'strong' : 'span', { text })));
  }
}

class CodeBlock {
  kind = 'code';
  #code = el('code');
  #copy = el('button', { class: 'quiet', type: 'button', 'aria-label': 'Copy code', title: 'Copy code' }, icon('copy'));
  element = el('div', { class: 'code' }, this.#copy, el('pre', {}, this.#code));

  constructor() {
    this.#copy.addEventListener('click', () => this.#toClipboard());
  }

  update({ text, lang }) {
    this.#code.textContent = text;
    this.element.dataset.lang = lang;
  }

  async #toClipboard() {
    // Without TLS there is no clipboard; the text can still be selected.
    await navigator.clipboard?.writeText(this.#code.textContent).catch(() => { });
    this.#copy.dataset.done = '';
    setTimeout(() => delete this.#copy.dataset.done, 1500);
  }
}
