// Chats with a server that is made by hand.

import { afterEach } from 'node:test';
import { Approvals } from '../../src/ChatPage/wwwroot/model/approvals.js';
import { Chat } from '../../src/ChatPage/wwwroot/model/chat.js';
import { endAll, nothing, script } from './streams.mjs';

const open = [];

// A chat that nobody leaves looks for what it does not know yet, and a stream that stays open is read.
afterEach(() => {
  open.splice(0).forEach(chat => chat.open(null));
  endAll();
});

/** A chat with prepared answers; a lost connection is tried again at once. */
export function chatWith({ start = script(), stream = script(), cancel = script(true), session = script(nothing), answer = script(), follow = waitForever, onChange } = {}) {
  const notices = [];
  const states = [];
  const shared = {
    api: { start, stream, follow, cancel, session, answer },
    onNotice: notice => notice && notices.push(notice),
    onChange: () => {
      states.push(chat.isStopping ? 'stopping' : chat.state);
      onChange?.(chat);

      if (chat.state === 'lost') {
        setImmediate(() => chat.retry());
      }
    },
  };
  const chat = new Chat(shared);
  open.push(chat);
  return { chat, approvals: new Approvals({ ...shared, chat }), notices, states };
}

const waitForever = () => new Promise(() => { });

/** What the server says of a session. */
export const history = (nodes, { status = 'idle', run = null, error = null, waiting = 0, pending = [] } = {}) =>
  ({ session_id: 's', title: 't', status, error, waiting, run, pending, nodes });
export const said = (prompt, text, run_id) => ({ run_id, parts: [{ part_kind: 'user-prompt', content: prompt }, { part_kind: 'text', content: text }] });
export const shown = chat => chat.conversation.runs.map(run => [run.prompt, run.items.flatMap(item => item.parts ?? []).map(part => part.text).join('|')]);

/** Waits until something holds that the chat brings about by itself. */
export async function until(holds) {
  while (!holds()) {
    await new Promise(setImmediate);
  }
}
