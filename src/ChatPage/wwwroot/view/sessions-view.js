// Shows the list of sessions: a link each, the live ones marked, and a way to delete it.

import { visible } from '../model/visible.js';
import { el, icon } from './dom.js';

export class SessionsView {
  #root;
  #rows = new Map();
  #onDelete;
  #empty = el('p', { class: 'dim', text: 'No conversations yet.' });

  /**
   * @param {HTMLElement} root  The list's element.
   * @param {(session: object, row: HTMLElement) => void} onDelete  The user wants a session to be deleted.
   */
  constructor(root, onDelete) {
    this.#root = root;
    this.#onDelete = onDelete;
  }

  update(sessions, current) {
    if (sessions === null) {
      return;
    }

    const rows = sessions.map(session => this.#rows.get(session.session_id) ?? this.#row(session.session_id));
    this.#rows = new Map(rows.map((row, at) => [sessions[at].session_id, row]));
    sessions.forEach((session, at) => fill(rows[at], session, session.session_id === current));

    // What is in its place is not moved: it would lose the focus.
    const wanted = sessions.length > 0 ? rows.map(row => row.element) : [this.#empty];
    [...this.#root.children].filter(child => !wanted.includes(child)).forEach(child => child.remove());
    wanted.forEach((child, at) => {
      if (this.#root.children[at] !== child) {
        this.#root.insertBefore(child, this.#root.children[at] ?? null);
      }
    });
  }

  #row(id) {
    const title = el('span', { class: 'title' });
    const when = el('span', { class: 'when' });
    const link = el('a', { href: `#s=${encodeURIComponent(id)}`, testid: 'session' }, title, when);
    const remove = el('button', { class: 'quiet', type: 'button', testid: 'delete-session' }, icon('trash'));
    const row = { element: el('li', {}, link, remove), link, title, when, remove, session: null };
    remove.addEventListener('click', () => this.#onDelete(row.session, row.element));
    return row;
  }
}

function fill(row, session, isCurrent) {
  row.session = session;
  setText(row.title, session.title);
  setText(row.when, session.live ? 'answering' : whenOf(session.changed));
  row.element.dataset.live = String(session.live);
  row.link.title = session.title;
  row.remove.setAttribute('aria-label', `Delete ${session.title}`);
  row.remove.disabled = session.live;
  row.remove.title = session.live ? 'It is still answering' : 'Delete';

  if (isCurrent) {
    row.link.setAttribute('aria-current', 'page');
  } else {
    row.link.removeAttribute('aria-current');
  }
}

function setText(element, foreign) {
  const text = visible(foreign);

  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function whenOf(changed) {
  const then = new Date(changed ?? Date.now());
  return then.toDateString() === new Date().toDateString()
    ? then.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : then.toLocaleDateString([], { day: 'numeric', month: 'short', year: then.getFullYear() === new Date().getFullYear() ? undefined : 'numeric' });
}
