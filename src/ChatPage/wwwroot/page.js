// The chat page: ties the box to type in, the list of sessions, the buttons and the address bar to one Chat.

import { handleActions } from './view/actions.js';
import { addressOfNew, sessionOf } from './view/address.js';
import { createApi } from './model/api.js';
import { Approvals } from './model/approvals.js';
import { Chat } from './model/chat.js';
import { Composer } from './view/composer.js';
import { Drawer } from './view/drawer.js';
import { showNotice } from './view/notice-view.js';
import { noticeOf } from './model/notices.js';
import { RequestViews } from './view/request-views.js';
import { StickyScroll } from './view/scroll.js';
import { Sessions } from './model/sessions.js';
import { SessionsView } from './view/sessions-view.js';
import { StatusLine } from './view/status.js';
import { ConversationView } from './view/view.js';
import { visible } from './model/visible.js';

const $ = id => document.getElementById(id);
const api = createApi((url, options) => fetch(url, options));
const sessions = new Sessions({ api, onChange: listed, onRead: () => look() });
const shared = { api, onChange: changed, onNotice: notify };
const chat = new Chat({ ...shared, agent: new URLSearchParams(location.search).get('agent') });
const approvals = new Approvals({ ...shared, chat });
const requestViews = new RequestViews((request, decision) => approvals.answer(request, decision), () => composer.focus());
const conversationView = new ConversationView($('transcript'), requestViews);
const sessionsView = new SessionsView($('sessions'), askToDelete);
const status = new StatusLine($('status'), $('countdown'), $('said'));
const composer = new Composer($, send, () => chat.stop());
const scroll = new StickyScroll($('main'), $('latest'), () => chat.isBusy);
const drawer = new Drawer($('side'), $('menu'), $('shade'));

let renderTimer = null;
let renderCost = 0;
let toDelete = null;
let wasListed = false;
/** What is in the box is to be sent as soon as the history is there. */
let isWanted = false;

/** Buttons and state follow at once, so that no second click finds them as they were; the transcript with the next frame. */
function changed() {
  document.body.dataset.state = chat.state;
  composer.update(chat);
  status.update(chat, sessions.isReachable);
  scheduleRender();
  leaveIfGone();

  if (isWanted && !isLoading()) {
    isWanted = false;
    queueMicrotask(() => composer.submit());
  }
}

/** Draws with the frames of the screen, but leaves most of the time free when a very long answer makes drawing slow. */
function scheduleRender() {
  renderTimer ??= setTimeout(() => requestAnimationFrame(() => {
    const start = performance.now();
    renderTimer = null;
    render();
    renderCost = performance.now() - start;
  }), renderCost > 8 ? renderCost * 4 : 0);
}

function render() {
  const { conversation } = chat;
  const title = conversation.runs.find(run => run.prompt)?.prompt.slice(0, 60);
  document.title = title ? `${visible(title)} · AgentStream` : 'AgentStream';
  document.body.dataset.empty = String(conversation.runs.length === 0 && chat.state === 'idle');
  conversationView.update(conversation, chat.canRepeat);

  if (conversation.id && sessionOf(location) !== conversation.id) {
    history.pushState(null, '', `#s=${encodeURIComponent(conversation.id)}`);
    wasListed = false;
    sessionsView.update(sessions.all, conversation.id);
  }

  scroll.update();
}

function listed() {
  sessionsView.update(sessions.all, chat.conversation.id);
  status.update(chat, sessions.isReachable);
  wasListed ||= shownInList() !== undefined;
  leaveIfGone();
}

/** The list was read anew: it may tell of what no connection has told. */
function look() {
  const mine = shownInList();

  if (mine) {
    chat.look(mine);
  }
}

function shownInList() {
  return sessions.all?.find(session => session.session_id === chat.conversation.id);
}

/** The session that is shown is not there any more. */
function leaveIfGone() {
  if (wasListed && !shownInList() && sessions.isReachable && !chat.isBusy && sessions.all.length < 100) {
    newChat();
    notify({ kind: 'info', title: 'This conversation was deleted.' });
  }
}

function notify(notice) {
  showNotice($('notice'), notice);

  if (notice?.prompt) {
    composer.giveBack(notice.prompt);
  }
}

function send(text) {
  isWanted = isLoading();

  if (isWanted) {
    return false;
  }

  scroll.toEnd();
  chat.send(text);
  return true;
}

/** The history is being read; or is to be, as soon as the server can be reached again. */
function isLoading() {
  return chat.state === 'loading' || (chat.state === 'lost' && !chat.isBusy);
}

function openFromAddress() {
  const id = sessionOf(location);

  if (id !== chat.conversation.id || id === null) {
    notify(null);
    wasListed = isWanted = false;
    chat.open(id);
    scroll.toEnd();
    sessionsView.update(sessions.all, id);
  }
}

function newChat() {
  // Only the page leaves a run under way; it continues, and Back leads to it.
  history.pushState(null, '', addressOfNew(location));
  openFromAddress();
}

function sleep() {
  chat.sleep();
  sessions.sleep();
}

function wake() {
  chat.retry();
  sessions.watch();
}

function askToDelete(session, row) {
  toDelete = { session, row };
  $('delete-title').textContent = visible(session.title);
  $('delete').showModal();
}

async function remove({ session, row }) {
  const next = row.nextElementSibling ?? row.previousElementSibling;

  try {
    await sessions.remove(session.session_id);
    status.say('Deleted');
    (next?.querySelector('a') ?? $('new-chat')).focus();

    if (chat.conversation.id === session.session_id) {
      newChat();
    }
  } catch (error) {
    notify(noticeOf(error));
  }
}

$('delete-yes').addEventListener('click', () => {
  $('delete').close();
  remove(toDelete);
});
$('delete-no').addEventListener('click', () => $('delete').close());
handleActions($('transcript'), () => chat.repeat(), text => status.say(text));
document.querySelectorAll('[data-prompt]').forEach(chip => chip.addEventListener('click', () => {
  send(chip.dataset.prompt);
  composer.focus();
}));
$('new-chat').addEventListener('click', () => {
  newChat();
  drawer.close();
  composer.focus();
});

$('skip').addEventListener('click', event => {
  // The address is the session's, so the link does not lead through it.
  event.preventDefault();
  composer.focus();
});

addEventListener('keydown', event => {
  // A dialog closes itself.
  if (event.key === 'Escape' && !event.isComposing && !$('delete').open) {
    drawer.isOpen ? drawer.close() : chat.stop();
  }
});

$('prompt').addEventListener('input', () => { isWanted = false; });
addEventListener('popstate', openFromAddress);
addEventListener('hashchange', openFromAddress);
addEventListener('online', wake);
addEventListener('offline', () => {
  // A connection that hangs says nothing for a long time. One that is made anew fails at once.
  sleep();
  wake();
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    // A browser has few connections to a server, for all of its tabs.
    sleep();
  } else {
    wake();
  }
});

openFromAddress();
sessions.watch();
