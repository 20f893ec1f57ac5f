import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SseParser } from '../../src/ChatPage/wwwroot/model/sse.js';

const bytes = text => new TextEncoder().encode(text);

function parse(...chunks) {
  const parser = new SseParser();
  return chunks.flatMap(chunk => parser.push(chunk));
}

test('a frame has its id and its data', () => {
  assert.deepEqual(parse('id: 7-0\ndata: {"a":1}\n\n'), [{ id: '7-0', event: 'message', data: '{"a":1}' }]);
});

test('a frame without its blank line is not there yet', () => {
  assert.deepEqual(parse('id: 7-0\ndata: x\n'), []);
});

test('the lines of data are joined', () => {
  assert.deepEqual(parse('data: a\ndata:\ndata: b\n\n').map(frame => frame.data), ['a\n\nb']);
});

test('one blank after the colon goes, more stay', () => {
  assert.deepEqual(parse('data:  two\n\ndata:none\n\n').map(frame => frame.data), [' two', 'none']);
});

test('a comment is no frame, and parts none', () => {
  assert.deepEqual(parse(': keep-alive\n\n', 'data: a\n: in between\ndata: b\n\n').map(frame => frame.data), ['a\nb']);
});

test('an id stays until the next one, an id with NUL counts for nothing', () => {
  assert.deepEqual(parse('id: 1-0\ndata: a\n\ndata: b\n\nid: 2\0\ndata: c\n\n').map(frame => frame.id), ['1-0', '1-0', '1-0']);
});

test('a frame with an id and no data gives no event, but its id holds', () => {
  assert.deepEqual(parse('id: 5-0\n\ndata: a\n\n'), [{ id: '5-0', event: 'message', data: 'a' }]);
});

test('a byte order mark is no part of the first field', () => {
  assert.deepEqual(parse(bytes('\ufeffdata: a\n\n')).map(frame => frame.data), ['a']);
});

test('a field of unknown name, and a line without a colon, do no harm', () => {
  assert.deepEqual(parse('retry: 10\nwhatever: x\nnothing\ndata\ndata: a\n\n').map(frame => frame.data), ['\na']);
});

const stream = 'id: 1-0\r\ndata: grüße 😀\r\ndata: 漢字\r\n\r\n: hi\n\ndata: one\rdata: two\r\rid: 2-1\nevent: e\ndata: end\n\n';
const whole = [
  { id: '1-0', event: 'message', data: 'grüße 😀\n漢字' },
  { id: '1-0', event: 'message', data: 'one\ntwo' },
  { id: '2-1', event: 'e', data: 'end' },
];

test('LF, CR and CR LF end lines', () => assert.deepEqual(parse(bytes(stream)), whole));

test('it does not matter where the bytes are cut, not even within a character or a CR LF', () => {
  const all = bytes(stream);

  for (let first = 0; first <= all.length; first++) {
    for (let second = first; second <= all.length; second++) {
      assert.deepEqual(parse(all.slice(0, first), all.slice(first, second), all.slice(second)), whole, `cut at ${first} and ${second}`);
    }
  }
});

test('it can come byte by byte', () => {
  assert.deepEqual(parse(...Array.from(bytes(stream), byte => Uint8Array.of(byte))), whole);
});
