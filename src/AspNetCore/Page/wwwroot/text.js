// Splits a model's text for display. Only these forms are known: fenced code, `code`, **bold**; all else is text as it stands.
// What comes out is plain strings: whoever shows them sets them as text, never as markup.

const fence = /^ {0,3}(`{3,}|~{3,})([^`\n]*)$/;

/**
 * Cuts a text into paragraphs and fenced code. Blocks before the last one never change when text is added,
 * so while an answer streams only its last block is looked at again.
 * @returns {{kind: 'text' | 'code', start: number, text: string, lang?: string}[]} start: where the block begins in the text.
 */
export function blocksOf(text, from = 0) {
  const blocks = [];
  let block = null;
  let marker = null;

  for (let at = from; at < text.length;) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline + 1;
    const line = text.slice(at, newline < 0 ? end : newline);
    const opening = marker === null ? fence.exec(line) : null;

    if (marker !== null) {
      if (line.trim().startsWith(marker) && line.trim().replaceAll(marker[0], '') === '') {
        marker = null;
        block = null;
      } else {
        block.text += text.slice(at, end);
      }
    } else if (opening) {
      marker = opening[1];
      block = { kind: 'code', start: at, lang: opening[2].trim(), text: '' };
      blocks.push(block);
    } else if (block === null || (line.trim() !== '' && /\n[ \t]*\n$/.test(block.text))) {
      block = { kind: 'text', start: at, text: text.slice(at, end) };
      blocks.push(block);
    } else {
      block.text += text.slice(at, end);
    }

    at = end;
  }

  return blocks;
}

/** Cuts a paragraph into runs of text, code and bold. */
export function inlinesOf(text) {
  const inlines = [];
  // Bold needs room around it, so that 2**3**4 stays what it is.
  const forms = /`([^`\n]+)`|(?<![\w*])\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*(?![\w*])/g;
  let at = 0;

  for (const match of text.matchAll(forms)) {
    if (match.index > at) {
      inlines.push({ kind: 'text', text: text.slice(at, match.index) });
    }

    inlines.push(match[1] !== undefined ? { kind: 'code', text: match[1] } : { kind: 'bold', text: match[2] });
    at = match.index + match[0].length;
  }

  if (at < text.length) {
    inlines.push({ kind: 'text', text: text.slice(at) });
  }

  return inlines;
}
