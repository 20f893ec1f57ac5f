// Shows the parts of a node: text, thoughts, tool calls. Whatever comes from the model or a tool is set as text.

import { Markdown } from '../model/markdown.js';
import { visible } from '../model/visible.js';
import { TreeView } from './tree-view.js';
import { el, icon, json } from './dom.js';

export class TextPartView {
  element = el('div', { class: 'answer', testid: 'answer' });
  #view = new TreeView(this.element);
  #markdown = new Markdown();
  #shown = null;

  constructor(part) {
    this.part = part;
  }

  update(_, isLive, isStreaming) {
    const { text } = this.part;
    const isWhole = !isLive;

    if (this.#shown?.text !== text || this.#shown.isWhole !== isWhole) {
      this.#shown = { text, isWhole };
      this.#view.update(this.#markdown.trees(visible(text), isWhole));
    }

    this.element.classList.toggle('streaming', isStreaming);
  }
}

export class ThinkingView {
  #label = el('span', { text: 'Thinking' });
  #text = document.createTextNode('');
  #body = el('div', { class: 'thought', testid: 'thinking' }, this.#text);
  element = el('details', { class: 'thinking', open: '' },
    el('summary', { testid: 'thinking-toggle' }, icon('chevron'), this.#label), this.#body);

  constructor(part) {
    this.part = part;
  }

  update(_, isLive, isStreaming) {
    const { text } = this.part;

    if (text.length !== this.#text.length) {
      const isAtEnd = this.#body.scrollHeight - this.#body.scrollTop - this.#body.clientHeight < 24;
      this.#text.appendData(visible(text.slice(this.#text.length)));

      if (isAtEnd && isStreaming) {
        this.#body.scrollTop = this.#body.scrollHeight;
      }
    }

    this.#label.textContent = isStreaming ? 'Thinking' : 'Thought';
    this.element.classList.toggle('streaming', isStreaming);
  }
}

export class ToolView {
  #state = el('span', { class: 'tool-state' });
  #result = el('pre', { class: 'tool-result' });

  constructor(part) {
    this.part = part;
    this.element = el('section', { class: 'tool', testid: 'tool-call', 'aria-label': `Tool call ${part.name}` },
      el('header', {}, icon('tool'), el('span', { class: 'tool-name', testid: 'tool-name', text: part.name }), this.#state),
      ...(part.kind === 'tool-call' ? [el('pre', { class: 'tool-args', testid: 'tool-args', text: json(part.args) })] : []),
      this.#result);
  }

  update(result, isLive, _, isWaiting) {
    const isPending = result === undefined && isLive && !isWaiting;
    this.#state.textContent = isPending ? 'running' : isWaiting ? 'waiting' : result === undefined ? 'no result' : '';
    this.element.dataset.state = isPending ? 'running' : result === undefined ? 'none' : 'done';

    if (result !== undefined && this.#result.dataset.testid === undefined) {
      this.#result.dataset.testid = 'tool-result';
      this.#result.textContent = typeof result.content === 'string' ? visible(result.content) : json(result.content);
    }
  }
}
