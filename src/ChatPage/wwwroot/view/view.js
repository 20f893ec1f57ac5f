// Shows a conversation. Each item of the fold has its element; a change touches only what changed.
// Whatever comes from the model, a tool or a user is set as text.

import { resultsOf } from '../model/fold.js';
import { waitingRun } from '../model/requests.js';
import { visible } from '../model/visible.js';
import { el, json } from './dom.js';
import { TextPartView, ThinkingView, ToolView } from './part-views.js';

/** The transcript inside one element. */
export class ConversationView {
  #root;
  #runs = new Map();
  #waiting = new Map();
  #requests;

  /** @param {object} requests  See request-views.js. */
  constructor(root, requests) {
    this.#root = root;
    this.#requests = requests;
  }

  /** @param {boolean} canRepeat  The last prompt can be asked again. */
  update(conversation, canRepeat) {
    const views = conversation.runs.map(run => this.#runs.get(run) ?? new RunView(run));
    this.#runs = new Map(views.map(view => [view.run, view]));
    this.#waiting = new Map(conversation.waiting.map(prompt => [prompt, this.#waiting.get(prompt) ?? waitingView(prompt)]));
    const waiting = waitingRun(conversation);
    const requests = this.#requests.elementsOf(waiting?.pending ?? []);
    arrange(this.#root, [...views.map(view => view.element), ...requests, ...this.#waiting.values()]);
    views.forEach((view, at) => view.update(canRepeat && at === views.length - 1, view.run === waiting));
  }
}

function waitingView({ prompt }) {
  return el('section', { class: 'run queued', testid: 'queued' },
    el('article', { class: 'user', 'aria-label': 'You, waiting', text: prompt }), el('p', { class: 'note', text: 'Waits for its turn' }));
}

class RunView {
  #items = new Map();
  #agent = el('article', { class: 'agent', testid: 'message-agent', 'aria-label': 'Agent' });
  #waiting = el('p', { class: 'waiting', 'aria-hidden': 'true' }, el('i'), el('i'), el('i'));
  #note = el('p', { class: 'note', testid: 'note' });
  #copy = el('button', { class: 'quiet', type: 'button', testid: 'copy', 'data-copy': 'answer', text: 'Copy' });
  #repeat = el('button', { class: 'quiet', type: 'button', testid: 'retry', 'data-repeat': '', text: 'Try again' });
  #actions = el('div', { class: 'actions' });
  #user = el('article', { class: 'user', testid: 'message-user', 'aria-label': 'You' });
  #shown = '';

  constructor(run) {
    this.run = run;
    this.#copy.textToCopy = () => textOf(this.run);
    this.element = el('section', { class: 'run' }, this.#agent);
  }

  /** @param {boolean} isWaiting  Its requests are open. */
  update(canRepeat, isWaiting) {
    const { run } = this;
    const open = new Set(isWaiting ? run.pending.map(request => request.callId) : []);
    const shown = `${run.status} ${canRepeat} ${run.prompt !== null} ${run.note} ${run.items.length} ${[...open]}`;

    // What has ended does not change, unless more of it comes after all.
    if (run.status === 'ended' && this.#shown === shown) {
      return;
    }

    this.#shown = shown;
    this.#user.textContent = visible(run.prompt ?? '');

    const results = resultsOf(run);
    const views = run.items.map(item => this.#items.get(item) ?? viewOf(item));
    this.#items = new Map(views.map(view => [view.item, view]));
    views.forEach((view, at) => view.update(results, run.status !== 'ended', at === views.length - 1, open));
    this.#note.textContent = noteOf(run);

    const elements = views.map(view => view.element);
    const isQuiet = run.status !== 'ended' && !views.at(-1)?.isBusy;
    arrange(this.element, [...(run.prompt !== null ? [this.#user] : []), this.#agent]);
    arrange(this.#actions, run.status !== 'ended' ? [] : [...(textOf(run) ? [this.#copy] : []), ...(canRepeat ? [this.#repeat] : [])]);
    arrange(this.#agent, [
      ...elements, ...(isQuiet ? [this.#waiting] : []), ...(this.#note.textContent ? [this.#note] : []), ...(this.#actions.firstChild ? [this.#actions] : []),
    ]);
    this.#agent.dataset.status = run.status;
    // A screen reader reads the answer when it is there, not each word of it.
    this.#agent.setAttribute('aria-busy', String(run.status !== 'ended'));
  }
}

/** A node: one response of the model, its thoughts, its text and its tool calls. */
class NodeView {
  #parts = new Map();
  element = el('div', { class: 'node' });
  /** Whether something in it shows by itself that the run continues. */
  isBusy = false;

  constructor(item) {
    this.item = item;
  }

  update(results, isLive, isLast, open) {
    const { parts, returns, done } = this.item;
    // A result whose call is not here, since the page came in too late for it, stands for itself.
    const strays = returns.filter(result => results.get(result) === result);
    const shown = [...strays, ...parts.filter(part => part.kind === 'tool-call' || part.text !== '')];
    const views = shown.map(part => this.#parts.get(part) ?? partView(part));
    this.#parts = new Map(views.map(view => [view.part, view]));
    arrange(this.element, views.map(view => view.element));
    const isStreaming = isLive && isLast && !done;
    views.forEach((view, at) => view.update(results.get(view.part), isLive, isStreaming && at === views.length - 1, open.has(view.part.id)));
    this.isBusy = shown.length > 0 && (isStreaming ? shown.at(-1).kind !== 'tool-return' : shown.at(-1).kind === 'tool-call');
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
        el('span', { text: text.replace(/^crashed - /, '') }),
        ...(typeof item.body.reference === 'string' ? [el('small', { text: `Reference: ${item.body.reference}` })] : []));
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
  return run.note === 'gone' ? 'The rest of this answer is no longer available here.' : '';
}

/** All that a run answered, as it was written. */
export function textOf(run) {
  return run.items.flatMap(item => item.parts ?? []).filter(part => part.kind === 'text' && part.text.trim() !== '').map(part => part.text.trim()).join('\n\n');
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
