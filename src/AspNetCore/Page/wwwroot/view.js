// Shows a conversation. Each item of the fold has its element; a change touches only what changed.
// Whatever comes from the model, a tool or a user is set as text.

import { resultsOf } from './fold.js';
import { TextView } from './text-view.js';
import { el, icon } from './dom.js';

/** The transcript inside one element. */
export class ConversationView {
  #root;
  #runs = new Map();
  #trimmed = el('p', { class: 'note', text: 'Earlier messages are not kept in this tab.' });

  constructor(root) {
    this.#root = root;
  }

  update(conversation) {
    const views = conversation.runs.map(run => this.#runs.get(run) ?? new RunView(run));
    this.#runs = new Map(views.map(view => [view.run, view]));
    arrange(this.#root, [...(conversation.trimmed ? [this.#trimmed] : []), ...views.map(view => view.element)]);
    views.forEach(view => view.update());
  }
}

class RunView {
  #items = new Map();
  #agent = el('article', { class: 'agent', testid: 'message-agent', 'aria-label': 'Agent' });
  #waiting = el('p', { class: 'waiting', 'aria-hidden': 'true' }, el('i'), el('i'), el('i'));
  #note = el('p', { class: 'note', testid: 'note' });
  #shownEnd = false;

  constructor(run) {
    this.run = run;
    this.element = el('section', { class: 'run' });

    if (run.prompt !== null) {
      this.element.append(el('article', { class: 'user', testid: 'message-user', 'aria-label': 'You', text: run.prompt }));
    }

    this.element.append(this.#agent);
  }

  update() {
    const { run } = this;

    // What has ended does not change, unless more of it comes after all.
    if (run.status === 'ended' && this.#shownEnd) {
      return;
    }

    const results = resultsOf(run);
    const views = run.items.map(item => this.#items.get(item) ?? viewOf(item));
    this.#items = new Map(views.map(view => [view.item, view]));
    views.forEach((view, at) => view.update(results, run.status !== 'ended', at === views.length - 1));
    this.#note.textContent = noteOf(run);

    const elements = views.map(view => view.element);
    const isQuiet = run.status !== 'ended' && !views.at(-1)?.isBusy;
    arrange(this.#agent, [...elements, ...(isQuiet ? [this.#waiting] : []), ...(this.#note.textContent ? [this.#note] : [])]);
    this.#agent.dataset.status = run.status;
    // A screen reader reads the answer when it is there, not each word of it.
    this.#agent.setAttribute('aria-busy', String(run.status !== 'ended'));
    this.#shownEnd = run.status === 'ended';
  }
}

/** A node: one response of the model, its thoughts, its text and its tool calls. */
class NodeView {
  #parts = new Map();
  element = el('div', { class: 'node' });
  /** Whether something in it shows by itself that the run goes on. */
  isBusy = false;

  constructor(item) {
    this.item = item;
  }

  update(results, isLive, isLast) {
    const { parts, returns, done } = this.item;
    // A result whose call is not here, since the page came in too late for it, stands for itself.
    const strays = returns.filter(result => results.get(result) === result);
    const shown = [...strays, ...parts.filter(part => part.kind === 'tool-call' || part.text !== '')];
    const views = shown.map(part => this.#parts.get(part) ?? partView(part));
    this.#parts = new Map(views.map(view => [view.part, view]));
    arrange(this.element, views.map(view => view.element));
    const isStreaming = isLive && isLast && !done;
    views.forEach((view, at) => view.update(results.get(view.part), isLive, isStreaming && at === views.length - 1));
    this.isBusy = shown.length > 0 && (isStreaming ? shown.at(-1).kind !== 'tool-return' : shown.at(-1).kind === 'tool-call');
  }
}

class TextPartView {
  element = el('div', { class: 'answer', testid: 'answer' });
  #text = new TextView(this.element);

  constructor(part) {
    this.part = part;
  }

  update(_, isLive, isStreaming) {
    this.#text.update(this.part.text);
    this.element.classList.toggle('streaming', isStreaming);
  }
}

class ThinkingView {
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
      this.#text.appendData(text.slice(this.#text.length));

      if (isAtEnd && isStreaming) {
        this.#body.scrollTop = this.#body.scrollHeight;
      }
    }

    this.#label.textContent = isStreaming ? 'Thinking' : 'Thought';
    this.element.classList.toggle('streaming', isStreaming);
  }
}

class ToolView {
  #state = el('span', { class: 'tool-state' });
  #result = el('pre', { class: 'tool-result' });

  constructor(part) {
    this.part = part;
    this.element = el('section', { class: 'tool', testid: 'tool-call', 'aria-label': `Tool call ${part.name}` },
      el('header', {}, icon('tool'), el('span', { class: 'tool-name', testid: 'tool-name', text: part.name }), this.#state),
      ...(part.kind === 'tool-call' ? [el('pre', { class: 'tool-args', testid: 'tool-args', text: json(part.args) })] : []),
      this.#result);
  }

  update(result, isLive) {
    const isPending = result === undefined && isLive;
    this.#state.textContent = isPending ? 'running' : result === undefined ? 'no result' : '';
    this.element.dataset.state = isPending ? 'running' : result === undefined ? 'none' : 'done';

    if (result !== undefined && this.#result.dataset.testid === undefined) {
      this.#result.dataset.testid = 'tool-result';
      this.#result.textContent = typeof result.content === 'string' ? result.content : json(result.content);
    }
  }
}

class InfoView {
  constructor(item) {
    this.item = item;
    this.element = el('p', { class: 'info', testid: 'info', text: infoText(item.body) });
  }

  update() { }
}

class ErrorView {
  constructor(item) {
    this.item = item;
    const text = typeof item.body.msg === 'string' ? item.body.msg : json(item.body);
    const kind = text === 'canceled' ? 'canceled' : text.startsWith('crashed') ? 'crashed' : 'other';
    this.element = kind === 'canceled'
      ? el('p', { class: 'note', testid: 'error', 'data-kind': kind, text: 'Canceled. What was said so far is kept.' })
      : el('div', { class: 'failure', testid: 'error', 'data-kind': kind },
        el('strong', { text: kind === 'crashed' ? 'The run crashed' : 'Error' }),
        el('span', { text: text.replace(/^crashed - /, '') }));
    this.isBusy = true;
  }

  update() { }
}

function viewOf(item) {
  return item.kind === 'node' ? new NodeView(item) : item.kind === 'error' ? new ErrorView(item) : new InfoView(item);
}

function partView(part) {
  return part.kind === 'text' ? new TextPartView(part) : part.kind === 'thinking' ? new ThinkingView(part) : new ToolView(part);
}

function infoText(body) {
  return body.msg === 'resumed' ? 'Resumed after an interruption' : typeof body.msg === 'string' ? body.msg : json(body);
}

function noteOf(run) {
  return run.note === 'gone' ? 'The rest of this answer is no longer available here.'
    : run.note === 'long' && run.status === 'ended' ? 'This answer was too long to keep over the reload.' : '';
}

/** What fits in a line stays in one. */
function json(value) {
  const line = JSON.stringify(value) ?? '';
  return line.length <= 60 ? line : JSON.stringify(value, null, 2);
}

/** Makes `children` the children of `parent`, and moves none that is in its place: a moved element loses selection, focus and scroll. */
function arrange(parent, children) {
  const wanted = new Set(children);
  [...parent.children].filter(child => !wanted.has(child)).forEach(child => child.remove());
  children.forEach((child, at) => {
    if (parent.children[at] !== child) {
      parent.insertBefore(child, parent.children[at] ?? null);
    }
  });
}
