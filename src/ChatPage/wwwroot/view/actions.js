// The buttons within the transcript: copy, and try again.

import { copyText } from './copy.js';

const ShownMs = 1500;

/**
 * @param {HTMLElement} root
 * @param {() => void} onRepeat  Asks once more.
 * @param {(text: string) => void} say  Tells it to who does not see it.
 */
export function handleActions(root, onRepeat, say) {
  root.addEventListener('click', async event => {
    const button = event.target.closest('[data-copy], [data-repeat]');

    if (button?.dataset.copy !== undefined) {
      const text = button.textToCopy?.() ?? button.parentElement.querySelector('code').textContent;
      show(button, await copyText(text) ? 'Copied' : 'Not copied', say);
    } else if (button) {
      onRepeat();
    }
  });
}

function show(button, text, say) {
  say(text);
  button.textContent = text;
  setTimeout(() => { button.textContent = 'Copy'; }, ShownMs);
}
