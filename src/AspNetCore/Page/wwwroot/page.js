// The chat page: ties the box to type in, the buttons and the address bar to one Chat.

import { Chat } from './chat.js';
import { ConversationView } from './view.js';
import { createApi, isSessionId } from './api.js';
import { load } from './store.js';
import { el } from './dom.js';

const $ = id => document.getElementById(id);
const [prompt, sendButton, stopButton, main, status, notice, latest] =
  ['prompt', 'send', 'stop', 'main', 'status', 'notice', 'latest'].map($);

const storage = sessionStorageOrNone();
const api = createApi((url, options) => fetch(url, options));
const view = new ConversationView($('transcript'));
const chat = new Chat({
  api,
  storage,
  agent: new URLSearchParams(location.search).get('agent'),
  onChange: changed,
  onNotice: showNotice,
});

let renderTimer = null;
let renderCost = 0;
let isAtBottom = true;
let lastTop = 0;
let countdown = null;

/** Buttons and state follow at once, so that no second click finds them as they were; the transcript with the next frame. */
function changed() {
  if (document.body.dataset.state !== chat.state || stopButton.disabled !== chat.isStopping) {
    renderState();
  }

  scheduleRender();
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
  const stick = isAtBottom;
  const title = conversation.runs.find(run => run.prompt)?.prompt.slice(0, 60);
  document.title = title ? `${title} · AgentStream` : 'AgentStream';
  document.body.dataset.empty = String(conversation.runs.length === 0);
  view.update(conversation);

  if (conversation.id && sessionFromAddress() !== conversation.id) {
    history.pushState(null, '', `#s=${encodeURIComponent(conversation.id)}`);
  }

  if (stick) {
    main.scrollTop = main.scrollHeight;
    lastTop = main.scrollTop;
  }

  latest.hidden = stick || !chat.isBusy;
}

function renderState() {
  document.body.dataset.state = chat.state;
  renderStatus();

  // Swapping the buttons must not throw the keyboard's place away.
  const hadFocus = document.activeElement === sendButton || document.activeElement === stopButton;
  sendButton.hidden = chat.isBusy;
  stopButton.hidden = !chat.isBusy;
  stopButton.disabled = chat.isStopping;

  if (hadFocus) {
    prompt.focus();
  }
}

function renderStatus() {
  const { state } = chat;
  clearTimeout(countdown);
  let text = { idle: '', connecting: 'Connecting…', live: 'Answering…' }[state];

  if (state === 'lost') {
    const seconds = Math.ceil((chat.retryAt - Date.now()) / 1000);
    text = seconds > 0 ? `Connection lost, retrying in ${seconds} s` : 'Connection lost, retrying…';
    countdown = setTimeout(renderStatus, 500);
  } else if (chat.isStopping) {
    text = 'Stopping…';
  }

  if (status.textContent !== text) {
    status.textContent = text;
  }

  status.dataset.state = state !== 'lost' && chat.isStopping ? 'stopping' : state;
}

function showNotice(what) {
  notice.replaceChildren();
  notice.hidden = what === null;

  if (what === null) {
    return;
  }

  notice.dataset.kind = what.kind;
  notice.dataset.testid = what.kind === 'error' ? 'error' : 'notice';
  notice.setAttribute('role', what.kind === 'error' ? 'alert' : 'status');
  const close = el('button', { class: 'quiet', type: 'button', 'aria-label': 'Dismiss', text: '×' });
  close.addEventListener('click', () => showNotice(null));
  notice.append(el('div', {}, el('strong', { text: what.title }), ...(what.lines ?? []).map(text => el('p', { text }))), close);

  if (what.prompt) {
    prompt.value = prompt.value ? `${what.prompt}\n${prompt.value}` : what.prompt;
    fitPrompt();
  }
}

function send(text) {
  if (chat.isBusy || text.trim() === '') {
    return;
  }

  prompt.value = '';
  fitPrompt();
  isAtBottom = true;
  chat.send(text);
  prompt.focus();
}

function fitPrompt() {
  prompt.style.height = 'auto';
  prompt.style.height = `${prompt.scrollHeight}px`;
  sendButton.disabled = prompt.value.trim() === '';
}

function openFromAddress() {
  const id = sessionFromAddress();

  if (id !== chat.conversation.id || id === null) {
    showNotice(null);
    isAtBottom = true;
    chat.open(id);
    offerLiveSessions(id);
  }
}

/** The session of the address: `#s=<id>`, or `?session=<id>` as others may link it. Not URLSearchParams: a + in an id is a +. */
function sessionFromAddress() {
  const match = /^#s=([^&]*)/.exec(location.hash) ?? /[?&]session=([^&]*)/.exec(location.search);

  try {
    const id = match && decodeURIComponent(match[1]);
    return isSessionId(id) ? id : null;
  } catch {
    return null;
  }
}

/** On the empty page: ways back to answers that are still under way. */
async function offerLiveSessions(id) {
  const ids = id ? [] : await api.live().catch(() => []);
  // What was asked says more than an id, where this tab knows it.
  const nameOf = live => load(storage, live)?.runs.at(-1)?.prompt ?? live;
  $('live').replaceChildren(...ids.slice(0, 5).map(live => el('a', { href: `#s=${encodeURIComponent(live)}`, text: nameOf(live) })));
  $('live-box').hidden = ids.length === 0;
}

function sessionStorageOrNone() {
  try {
    return window.sessionStorage;
  } catch {
    // Forbidden by the browser's settings: the chat works, it only forgets.
    return { getItem: () => null, setItem() { }, removeItem() { } };
  }
}

$('composer').addEventListener('submit', event => {
  event.preventDefault();
  send(prompt.value);
});

prompt.addEventListener('keydown', event => {
  // 229: an Enter that only ends the composition of a character.
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
    event.preventDefault();
    send(prompt.value);
  }
});

prompt.addEventListener('input', fitPrompt);
stopButton.addEventListener('click', () => chat.stop());
latest.addEventListener('click', () => {
  isAtBottom = true;
  scheduleRender();
});

document.querySelectorAll('[data-prompt]').forEach(chip => chip.addEventListener('click', () => send(chip.dataset.prompt)));

$('new-chat').addEventListener('click', () => {
  // Only the page leaves a run under way; it goes on, and Back leads to it.
  history.pushState(null, '', location.pathname + location.search.replace(/([?&])session=[^&]*&?/, '$1').replace(/[?&]$/, ''));
  openFromAddress();
  prompt.focus();
});

addEventListener('keydown', event => {
  if (event.key === 'Escape' && !event.isComposing) {
    chat.stop();
  }
});

main.addEventListener('scroll', () => {
  const below = main.scrollHeight - main.scrollTop - main.clientHeight;
  // Whoever pulls up, be it a little, wants to read there; only who comes back to the end goes along with it again.
  isAtBottom = main.scrollTop < lastTop ? isAtBottom && below < 2 : isAtBottom || below < 24;
  lastTop = main.scrollTop;
  latest.hidden = isAtBottom || !chat.isBusy;
}, { passive: true });

// The page that shows the end of a conversation still shows it when the keyboard of a phone comes up.
new ResizeObserver(() => isAtBottom && scheduleRender()).observe(main);

addEventListener('popstate', openFromAddress);
addEventListener('hashchange', openFromAddress);
addEventListener('online', () => chat.retry());
addEventListener('pagehide', () => chat.keep());
document.addEventListener('visibilitychange', () => document.hidden ? chat.keep() : chat.retry());

fitPrompt();
openFromAddress();
