// Shows trees (markdown.js), and changes what is shown only where they differ: text that got longer is appended to, so that a
// selection survives and a long answer stays quick.

/** The trees inside one element. */
export class TreeView {
  #element;
  #shown = [];

  constructor(element) {
    this.#element = element;
  }

  update(trees) {
    patchChildren(this.#element, this.#shown, trees);
    this.#shown = trees;
  }
}

function patchChildren(parent, before, after) {
  after.forEach((tree, at) => {
    const node = parent.childNodes[at];

    if (node === undefined) {
      parent.append(make(tree));
    } else if (isSameKind(before[at], tree)) {
      patch(node, before[at], tree);
    } else {
      node.replaceWith(make(tree));
    }
  });

  while (parent.childNodes.length > after.length) {
    parent.lastChild.remove();
  }
}

function patch(node, before, after) {
  if (typeof after !== 'string') {
    patchChildren(node, before.children, after.children);
  } else if (after.startsWith(before)) {
    if (after.length > before.length) {
      node.appendData(after.slice(before.length));
    }
  } else {
    node.data = after;
  }
}

function isSameKind(before, after) {
  return typeof before === 'string' || typeof after === 'string'
    ? typeof before === typeof after
    : before.tag === after.tag && JSON.stringify(before.attributes) === JSON.stringify(after.attributes);
}

function make(tree) {
  if (typeof tree === 'string') {
    return document.createTextNode(tree);
  }

  const element = document.createElement(tree.tag);
  Object.entries(tree.attributes).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...tree.children.map(make));
  return element;
}
