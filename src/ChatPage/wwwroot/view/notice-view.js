// Shows one notice (notices.js) above the box to type in.

import { el } from './dom.js';

/** @param {?object} notice  Null takes the last one back. */
export function showNotice(element, notice) {
  element.replaceChildren();
  element.hidden = notice === null;

  if (notice === null) {
    return;
  }

  element.dataset.kind = notice.kind;
  element.dataset.testid = notice.kind === 'error' ? 'error' : 'notice';
  element.setAttribute('role', notice.kind === 'error' ? 'alert' : 'status');
  const close = el('button', { class: 'quiet', type: 'button', 'aria-label': 'Dismiss', text: '×' });
  close.addEventListener('click', () => showNotice(element, null));
  element.append(el('div', {}, el('strong', { text: notice.title }), ...(notice.lines ?? []).map(text => el('p', { text }))), close);
}
