// Makes elements. Text is only ever set as text.

import { visible, visibleJson } from '../model/visible.js';

const paths = {
  chevron: 'M6 4l4 4-4 4',
  tool: 'M9.5 3.2a3.3 3.3 0 0 0-4 4.2L2.6 10.3a1.2 1.2 0 0 0 0 1.7l1.4 1.4a1.2 1.2 0 0 0 1.7 0l2.9-2.9a3.3 3.3 0 0 0 4.2-4l-2 2-1.8-.5-.5-1.8z',
  trash: 'M3 4.5h10M6.5 4.5v-1.5h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.6M9.2 7v3.6',
  copy: 'M5.5 5.5v-2a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2M3.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1z',
};

/** An element with attributes (`text` is its text, `testid` its data-testid) and children. */
export function el(name, { text, testid, ...attributes } = {}, ...children) {
  const element = document.createElement(name);

  if (testid !== undefined) {
    element.dataset.testid = testid;
  }

  Object.entries(attributes).forEach(([attribute, value]) => element.setAttribute(attribute, value));

  if (text !== undefined) {
    element.textContent = visible(text);
  }

  element.append(...children);
  return element;
}

/** One of the page's icons; it says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}

/** What fits in a line stays in one. */
export function json(value) {
  const line = JSON.stringify(value) ?? '';
  return visibleJson(line.length <= 60 ? line : JSON.stringify(value, null, 2));
}
