import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Markdown } from '../../src/ChatPage/wwwroot/model/markdown.js';

/** A tree as HTML would be, with all that could be markup within text escaped. */
function html(tree) {
  if (typeof tree === 'string') {
    return tree.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  }

  const attributes = Object.entries(tree.attributes).map(([name, value]) => ` ${name}="${value.replaceAll('"', '&quot;')}"`).join('');
  return `<${tree.tag}${attributes}>${tree.children.map(html).join('')}</${tree.tag}>`;
}

const render = text => new Markdown().trees(text).map(html).join('');
const link = (href, text) => `<a href="${href}" target="_blank" rel="noopener noreferrer nofollow">${text}</a>`;

const cases = {
  'words': ['a\nb', '<p>a\nb</p>'],
  'two paragraphs': ['a\n\nb', '<p>a</p><p>b</p>'],
  'headings stand below those of the page': ['# a\n###### b', '<h3>a</h3><h6>b</h6>'],
  'emphasis and code': ['**a** *b* ~~c~~ `d <e>`', '<p><strong>a</strong> <em>b</em> <del>c</del> <code>d &lt;e></code></p>'],
  'a nested list': ['- a\n  1. b\n- c', '<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>'],
  'a list that counts from three': ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
  'tasks': ['- [x] a\n- [ ] b', '<ul><li class="task">☑ a</li><li class="task">☐ b</li></ul>'],
  'a quote': ['> a', '<blockquote><p>a</p></blockquote>'],
  'a line across': ['a\n\n---', '<p>a</p><hr></hr>'],
  'a hard break': ['a  \nb<br>c', '<p>a<br></br>b<br></br>c</p>'],
  'links': ['[a](https://x.y/z) mailto:a@b.c', `<p>${link('https://x.y/z', 'a')} ${link('mailto:a@b.c', 'mailto:a@b.c')}</p>`],
  'entities': ['&lt;b&gt; &amp; &#65; &nope; &#0;', '<p>&lt;b> &amp; A &amp;nope; \ufffd</p>'],
  'a table': ['|a|b|\n|-|-:|\n|1|`2`|',
    '<div class="table"><table><thead><tr><th scope="col">a</th><th class="right" scope="col">b</th></tr></thead><tbody><tr><td>1</td><td class="right"><code>2</code></td></tr></tbody></table></div>'],
  'sums are no markup': ['12*7 is 84, 2**3**4 and a_b_c', '<p>12*7 is 84, 2<strong>3</strong>4 and a_b_c</p>'],
};

for (const [name, [text, expected]] of Object.entries(cases)) {
  test(name, () => assert.equal(render(text), expected));
}

test('code keeps every character, and can be copied', () => {
  const [{ tag, attributes, children }] = new Markdown().trees('```js x\na <b>\n\n  c\n```');
  assert.deepEqual([tag, attributes['data-lang'], children.map(child => child.tag)], ['div', 'js', ['button', 'pre']]);
  assert.equal(children[0].attributes['data-copy'], 'code');
  assert.deepEqual(children[1].children[0].children, ['a <b>\n\n  c']);
});

const evil = [
  '<script>alert(1)</script>',
  'a <img src=x onerror=alert(1)> b',
  '<svg/onload=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))', '[x](JaVaScRiPt:alert(1))', '[x](java\tscript:alert(1))', '[x](<java&#10;script:alert(1)>)', '[x](&#106;avascript:alert(1))',
  '[x](data:text/html,<script>alert(1)</script>)', '[x](vbscript:x)', '[x](file:///etc/passwd)', '[x](blob:x)', '[x](//evil.example)', '[x](/chat)',
  '<javascript:alert(1)>', '[x]\n\n[x]: javascript:alert(1)',
  '![x](javascript:alert(1))', '![x](data:image/svg+xml,<svg onload=alert(1)>)', '![x](https://evil.example/pixel.png)',
  '```"><img src=x onerror=alert(1)>\nx\n```', '| <img src=x onerror=alert(1)> |\n|-|\n| <script>x</script> |',
  '<style>*{display:none}</style>', '<iframe src="https://evil.example">', '<base href="https://evil.example">', '<form action="https://evil.example"><input>',
  '# <img src=x onerror=alert(1)>', '- <script>alert(1)</script>', '> <script>alert(1)</script>', '[<img src=x onerror=alert(1)>](https://a.b)',
];
const tags = ['p', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'blockquote', 'hr', 'br', 'div', 'button', 'pre', 'code', 'strong', 'em', 'del', 'a', 'table', 'thead', 'tbody', 'tr', 'th', 'td'];
const attributes = ['class', 'data-lang', 'data-copy', 'type', 'aria-label', 'tabindex', 'href', 'target', 'rel', 'start', 'scope'];

for (const text of evil) {
  test(`harmless: ${JSON.stringify(text)}`, () => {
    const walk = tree => {
      if (typeof tree !== 'string') {
        assert.ok(tags.includes(tree.tag), tree.tag);
        Object.keys(tree.attributes).forEach(name => assert.ok(attributes.includes(name), name));
        assert.match(tree.attributes.href ?? 'https:', /^(https?|mailto):/);
        tree.children.forEach(walk);
      }
    };
    new Markdown().trees(text).forEach(walk);
  });
}

test('a picture is a link, and what leads nowhere safe stays what was written', () => {
  assert.equal(render('![cat](https://x.y/z.png)'), `<p>${link('https://x.y/z.png', '🖼 cat')}</p>`);
  assert.equal(render('[x](javascript:alert)'), '<p>[x](javascript:alert)</p>');
});

const sample = '# Title\r\n\r\none **two\nthree** `x`\n\n- a\n  - b\n\n- c\n\n  d\n1. e\n\n\n> q\nq\n\n|a|b|\n|-|-|\n|1|2|\n\n```cs\nvar a = 1;\n\nvar b;\n```\nfour\n====\n\n[l]: https://x.y\n\n~~~\nopen';

test('while a text grows, reading its end gives what reading all of it gives', () => {
  const growing = new Markdown();

  for (let length = 1; length <= sample.length; length++) {
    const text = sample.slice(0, length);
    assert.deepEqual(growing.trees(text, false), new Markdown().trees(text), JSON.stringify(text));
  }
});

test('a text that is whole knows the addresses that stand behind its links', () => {
  const growing = new Markdown();
  const text = '[x]\n\na\n\nb\n\nc\n\n[x]: https://a.b';
  growing.trees('[x]\n\na\n\nb\n\nc\n\n', false);
  growing.trees(text, false);
  assert.equal(html(growing.trees(text, true)[0]), `<p>${link('https://a.b', 'x')}</p>`);
});

test('what would keep the parser busy for long, or is nested too deeply, is shown as it stands', () => {
  for (const text of ['a.b-c_d'.repeat(20_000), '> '.repeat(50_000)]) {
    const started = process.cpuUsage();
    assert.deepEqual(new Markdown().trees(text).map(tree => [tree.attributes.class, tree.children]), [['plain', [text]]]);
    const { user, system } = process.cpuUsage(started);
    assert.ok(user + system < 2_000_000, `${user + system} µs`);
  }
});
