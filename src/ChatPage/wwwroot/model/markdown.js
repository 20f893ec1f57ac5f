// Turns a model's Markdown into trees of the few elements that are listed here. No DOM here, and no markup: a tree is a string,
// or { tag, attributes, children }, and whoever shows it makes elements and sets text. What is not known here is text as it stands.

import { lexer } from '../vendor/marked.esm.js';

/** Within a paragraph the parser can take time that grows with its square: longer ones are shown as they stand. */
const LongestParagraph = 20_000;

/** A text that may grow: while it does, only its last block is read again. */
export class Markdown {
  #blocks = [];
  #text = '';

  /**
   * @param {string} text
   * @param {boolean} isWhole  No more comes: then all is read again, since a link's address may stand behind it.
   * @returns {object[]} The trees of its blocks.
   */
  trees(text, isWhole = true) {
    // Only the last one may still change.
    const kept = isWhole || !text.startsWith(this.#text) ? [] : this.#blocks.slice(0, -1);
    const from = kept.reduce((sum, block) => sum + block.length, 0);
    this.#text = text;
    this.#blocks = [...kept, ...blocksOf(text.slice(from))];
    return this.#blocks.flatMap(block => block.trees);
  }
}

/** The blocks of a text, each with its length in it. */
function blocksOf(text) {
  try {
    if (longestParagraph(text) > LongestParagraph) {
      return [{ length: text.length, trees: [plain(text)] }];
    }

    const blocks = [];

    for (const token of lexer(text.replaceAll('\r', ' '))) {
      // Empty lines belong to what stands before them.
      if (token.type === 'space' && blocks.length > 0) {
        blocks.at(-1).length += token.raw.length;
      } else {
        blocks.push({ length: token.raw.length, trees: blockTrees([token]) });
      }
    }

    return blocks;
  } catch {
    // Nested too deeply.
    return [{ length: text.length, trees: [plain(text)] }];
  }
}

function longestParagraph(text) {
  return text.length <= LongestParagraph ? 0 : Math.max(...text.split(/\n[ \t]*\n/).map(paragraph => paragraph.length));
}

const element = (tag, attributes, children) => ({ tag, attributes, children });
const plain = text => element('div', { class: 'plain' }, [text]);

function blockTrees(tokens = []) {
  return tokens.flatMap(token => blocks[token.type]?.(token) ?? [inlineOr(token)].flat());
}

/** Blocks of a list's item may be a bare text. */
function inlineOr(token) {
  return token.tokens ? inlineTrees(token.tokens) : [inlineTree(token)];
}

const blocks = {
  space: () => [],
  def: () => [],
  hr: () => [element('hr', {}, [])],
  // The page has headings of its own above these.
  heading: token => [element(`h${Math.min(token.depth + 2, 6)}`, {}, inlineTrees(token.tokens))],
  paragraph: token => [element('p', {}, inlineTrees(token.tokens))],
  blockquote: token => [element('blockquote', {}, blockTrees(token.tokens))],
  html: token => [plain(token.raw.trimEnd())],
  code: token => [codeTree(token)],
  list: token => [element(token.ordered ? 'ol' : 'ul', token.ordered && token.start > 1 ? { start: String(token.start) } : {},
    token.items.map(item => element('li', item.task ? { class: 'task' } : {}, blockTrees(item.tokens))))],
  table: token => [element('div', { class: 'table' }, [element('table', {}, [
    element('thead', {}, [element('tr', {}, token.header.map(cell => cellTree('th', cell)))]),
    element('tbody', {}, token.rows.map(row => element('tr', {}, row.map(cell => cellTree('td', cell))))),
  ])])],
};

function codeTree({ text, lang }) {
  return element('div', { class: 'code', 'data-lang': (lang ?? '').split(/\s/)[0] }, [
    element('button', { class: 'quiet', type: 'button', 'data-copy': 'code', 'aria-label': 'Copy code' }, ['Copy']),
    element('pre', { tabindex: '0', 'aria-label': 'Code' }, [element('code', {}, [text])]),
  ]);
}

function cellTree(tag, { align, tokens }) {
  return element(tag, { ...(align ? { class: align } : {}), ...(tag === 'th' ? { scope: 'col' } : {}) }, inlineTrees(tokens));
}

function inlineTrees(tokens = []) {
  return tokens.flatMap(token => inlineTree(token));
}

function inlineTree(token) {
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return element(token.type, {}, inlineTrees(token.tokens));
    case 'codespan':
      return element('code', {}, [token.text]);
    case 'br':
      return element('br', {}, []);
    case 'link':
      return linkTree(token.href, inlineTrees(token.tokens), token.raw);
    case 'image':
      // Not loaded: a picture's address could tell somebody else what was said here.
      return linkTree(token.href, [`🖼 ${decode(token.text) || token.href}`], token.raw);
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ ';
    case 'escape':
      return token.text;
    case 'html':
      return /^<br\s*\/?>$/i.test(token.raw) ? element('br', {}, []) : token.raw;
    case 'text':
      return token.tokens ? inlineTrees(token.tokens) : decode(token.text);
    default:
      return token.raw ?? '';
  }
}

/** Only what leads to a page or a letter is a link; all else stays what was written. */
function linkTree(href, children, raw) {
  return isSafe(href)
    ? element('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, children)
    : raw;
}

function isSafe(href) {
  try {
    return ['http:', 'https:', 'mailto:'].includes(new URL(href).protocol);
  } catch {
    return false;
  }
}

const names = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', copy: '©', hellip: '…', mdash: '—', ndash: '–', times: '×', rarr: '→', larr: '←', middot: '·', deg: '°', euro: '€',
};

/** The entities that turn up in answers. */
function decode(text) {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]+));/g, (whole, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? parseInt(hex, 16) : null;
    return code === null ? names[name] ?? whole : code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd';
  });
}
