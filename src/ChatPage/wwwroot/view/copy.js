// Puts text on the clipboard.

/** @returns {Promise<boolean>} Whether it is there. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Without TLS a page has no clipboard, but may still copy what is selected. */
function copyBySelection(text) {
  const focused = document.activeElement;
  const box = document.createElement('textarea');
  box.value = text;
  box.className = 'hidden';
  document.body.append(box);
  box.select();

  try {
    return document.execCommand('copy');
  } finally {
    box.remove();
    focused?.focus?.({ preventScroll: true });
  }
}
