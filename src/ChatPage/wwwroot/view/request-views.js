// Shows the calls that wait for somebody, at the end of the conversation. Names and arguments come from the model, and are set as text.

import { argsText } from '../model/approvals.js';
import { el, icon } from './dom.js';

/** The open requests; what was typed for one stays until it is closed. */
export class RequestViews {
  #views = new Map();
  #onAnswer;
  #onLeave;

  /**
   * @param {(request: object, decision: object) => Promise<?object>} onAnswer  Answers a request, see approvals.js.
   * @param {() => void} onLeave  The keyboard's place was in a card that is closed.
   */
  constructor(onAnswer, onLeave) {
    this.#onAnswer = onAnswer;
    this.#onLeave = onLeave;
  }

  /** The elements of these requests, in their order. */
  elementsOf(requests) {
    const before = this.#views;
    this.#views = new Map(requests.map(request => [request.id, before.get(request.id) ?? this.#make(request)]));
    const closed = [...before].filter(([id]) => !this.#views.has(id)).map(([, element]) => element);

    if (closed.some(hasKeyboard)) {
      this.#onLeave();
    }

    return [...this.#views.values()];
  }

  #make(request) {
    return request.kind === 'tool'
      ? el('p', { class: 'note', testid: 'client-tool', text: `Waits for a client to carry out ${request.name}` })
      : new ApprovalView(request, decision => this.#onAnswer(request, decision)).element;
  }
}

/** Not every browser gives a button that is clicked the keyboard; then it is nowhere. */
function hasKeyboard(element) {
  const { activeElement } = document;
  return element.contains(activeElement) || (element.getAttribute('aria-busy') === 'true' && activeElement === document.body);
}

let count = 0;

class ApprovalView {
  #request;
  #onAnswer;
  #isSending = false;
  #names = `approval-${++count}`;
  #shown = el('pre', { class: 'tool-args', testid: 'approval-args', tabindex: '0', 'aria-label': 'Arguments' });
  #edited = el('textarea', { testid: 'approval-args', 'aria-label': 'Arguments, as JSON', spellcheck: 'false', autocomplete: 'off' });
  #edit = el('button', { class: 'quiet', type: 'button', testid: 'approval-edit', text: 'Edit arguments' });
  #remember = el('select', { testid: 'approval-remember' },
    el('option', { value: '', text: 'this call only' }),
    el('option', { value: 'call', text: 'the same arguments, in this conversation' }),
    el('option', { value: 'tool', text: 'all calls of this tool, in this conversation' }));
  #reason = el('input', { type: 'text', testid: 'approval-reason', placeholder: 'Optional', autocomplete: 'off' });
  #error = el('div', { class: 'approval-error', testid: 'approval-error', role: 'alert', id: `${this.#names}-error` });
  #approve = el('button', { class: 'primary', type: 'button', testid: 'approval-approve', text: 'Approve' });
  #deny = el('button', { class: 'danger', type: 'button', testid: 'approval-deny', text: 'Deny' });

  constructor(request, onAnswer) {
    this.#request = request;
    this.#onAnswer = onAnswer;
    this.#shown.textContent = this.#edited.value = argsText(request.args);
    this.element = el('section', { class: 'tool approval', role: 'group', testid: 'approval', 'aria-label': `Approval of ${request.name}` },
      el('header', {}, icon('tool'), el('span', { class: 'tool-name', text: request.name }), el('span', { class: 'tool-state', text: 'waits for your approval' })),
      this.#shown,
      el('div', { class: 'approval-edit' }, this.#edit),
      el('label', {}, el('span', { text: 'Approve' }), this.#remember),
      el('label', {}, el('span', { text: 'Reason to deny' }), this.#reason),
      this.#error,
      el('div', { class: 'approval-buttons' }, this.#approve, this.#deny, el('span', { class: 'dim', text: 'A new message denies it.' })));
    this.#edit.addEventListener('click', () => this.#toggle());
    this.#edited.addEventListener('input', () => this.#fit());
    this.#approve.addEventListener('click', () => this.#answer(true));
    this.#deny.addEventListener('click', () => this.#answer(false));
  }

  get #isEditing() {
    return this.#edited.isConnected;
  }

  #toggle() {
    const wasEditing = this.#isEditing;
    const [from, to] = wasEditing ? [this.#edited, this.#shown] : [this.#shown, this.#edited];
    from.replaceWith(to);
    this.#edit.textContent = wasEditing ? 'Edit arguments' : 'Keep the arguments as they were';
    this.#say(null);

    if (!wasEditing) {
      this.#fit();
      this.#edited.focus();
    }
  }

  #fit() {
    this.#edited.rows = Math.min(12, this.#edited.value.split('\n').length);
  }

  async #answer(approved) {
    // The buttons stay enabled: a disabled one would lose the keyboard's place.
    if (this.#isSending) {
      return;
    }

    this.#isSending = true;
    this.element.setAttribute('aria-busy', 'true');
    this.#say(null);
    const args = this.#isEditing && this.#edited.value !== argsText(this.#request.args) ? this.#edited.value : null;
    const problem = await this.#onAnswer({ approved, args, reason: this.#reason.value, remember: this.#remember.value });

    // A request that is closed takes its card along.
    if (problem !== null) {
      this.#isSending = false;
      this.element.setAttribute('aria-busy', 'false');
      this.#say(problem);
    }
  }

  /** Tells what is wrong with the answer; null takes it back. */
  #say(problem) {
    this.#error.replaceChildren(...(problem === null ? [] : [el('strong', { text: problem.title }), ...problem.lines.map(text => el('p', { text }))]));
    const isOfArgs = problem?.field === 'args';
    this.#edited.setAttribute('aria-invalid', String(isOfArgs));

    if (isOfArgs) {
      this.#edited.setAttribute('aria-describedby', this.#error.id);
      this.#edited.focus();
    } else {
      this.#edited.removeAttribute('aria-describedby');
    }
  }
}
