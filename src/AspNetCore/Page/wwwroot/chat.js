// One conversation with an agent: says, follows, stops, and survives lost connections and reloads. No DOM here.

import { addRun, applyEvent, looksComplete, newConversation, settle } from './fold.js';
import { Problem, newSessionId } from './api.js';
import { follow } from './follow.js';
import { load, save } from './store.js';

const SaveEveryMs = 1000;

export class Chat {
  /** What has been said, see fold.js. */
  conversation = newConversation(null);

  /** 'idle' | 'connecting' | 'live' | 'lost' */
  state = 'idle';

  /** The user wants the run under way to stop, and it has not ended yet. */
  isStopping = false;

  /** While the connection is lost: when the next try is due, by Date.now(). */
  retryAt = 0;

  #api;
  #storage;
  #onChange;
  #onNotice;
  #agent;
  #leave = new AbortController();
  #wake = () => { };
  #saveTimer = null;
  #saidWhy = false;
  /** The session's id was made here for the message under way: no other can have started a run in it. */
  #isNew = false;

  /**
   * @param {object} api       See api.js.
   * @param {Storage} storage
   * @param {() => void} onChange  There is something to show.
   * @param {(notice: ?{kind: string, title: string, lines?: string[], prompt?: string}) => void} onNotice
   *   Something to tell the user; `prompt`: what was not sent and may be sent again; null takes the last one back.
   * @param {?string} agent    Which agent to talk to; null is the server's default.
   */
  constructor({ api, storage, onChange, onNotice, agent = null }) {
    this.#api = api;
    this.#storage = storage;
    this.#onChange = onChange;
    this.#onNotice = onNotice;
    this.#agent = agent;
  }

  get isBusy() {
    return this.state !== 'idle';
  }

  /**
   * Shows a session, or a new one for null, and follows its run if there is one under way.
   * The run that was shown before goes on without us.
   */
  async open(id) {
    this.keep();
    this.#leaveRun();
    this.conversation = (id && load(this.#storage, id)) || newConversation(id);
    this.#set('idle');

    if (id) {
      await this.#follow(null);
    }
  }

  /** Says something. False when it cannot be said now. */
  async send(prompt) {
    if (this.isBusy || prompt.trim() === '') {
      return false;
    }

    // Nothing is under way, but the look for it that open() began may still be.
    this.#leaveRun();
    this.#onNotice(null);
    this.#isNew = this.conversation.id === null;
    this.conversation.id ??= newSessionId();
    const run = addRun(this.conversation, prompt);
    await this.#follow(run);
    return true;
  }

  /** Stops the run under way, whoever started it. Its last events, and its end, still come. */
  async stop() {
    if (!this.isBusy || this.isStopping) {
      return;
    }

    const { conversation } = this;
    this.isStopping = true;
    this.#onChange();

    // Before its begin a run may not be there yet, and a cancel would miss it: then #take() sends it.
    if (conversation.runs.at(-1)?.status !== 'starting') {
      await this.#cancel(conversation);
    }
  }

  /** Tries again now, rather than when the time has come. */
  retry() {
    this.#wake();
  }

  /** Keeps what has been said so far. */
  keep() {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = null;

    if (this.conversation.id && this.conversation.runs.length > 0) {
      save(this.#storage, this.conversation);
    }
  }

  /** Follows to the end of the run under way; `run` is the one to start first, null when there is nothing to start. */
  async #follow(run) {
    const { conversation } = this;
    const { signal } = this.#leave;
    const last = () => conversation.runs.at(-1);
    const isPending = () => last()?.status === 'starting';
    this.#set(run || isPending() || last()?.status === 'live' ? 'connecting' : 'idle');
    this.keep();

    try {
      const outcome = await follow({
        start: run && (() => this.#api.start(conversation.id, run.prompt, this.#agent, signal)),
        resume: () => this.#api.stream(conversation.id, conversation.cursor, signal),
        // A run's cursors are its own session's; whatever we had before, the new run is read from its beginning.
        onStarted: () => { conversation.cursor = null; },
        onEvent: event => this.#take(conversation, event, signal),
        isComplete: () => last() === undefined || last().status === 'ended' || (!isPending() && looksComplete(last())),
        onState: (state, ms, why) => this.#connection(state, ms, why, signal),
        wait: ms => this.#wait(ms),
        signal,
      });

      if (!signal.aborted) {
        this.#over(outcome, last());
      }
    } catch (error) {
      if (!signal.aborted) {
        await this.#refused(error, run);
      }
    }
  }

  #take(conversation, event, signal) {
    if (signal.aborted || !applyEvent(conversation, event)) {
      return;
    }

    if (event.type === 'begin' && this.isStopping) {
      this.#cancel(conversation);
    }

    this.#saveTimer ??= setTimeout(() => this.keep(), SaveEveryMs);
    this.#set('live');
  }

  #connection(state, ms, why, signal) {
    // A page that only looks whether there is something to follow does so silently.
    if (signal.aborted || this.state === 'idle') {
      return;
    }

    if (state === 'lost') {
      this.retryAt = Date.now() + ms;
      this.#set('lost');

      // A server that is there and says why it cannot is worth more than 'connection lost'.
      if (why instanceof Problem && !this.#saidWhy) {
        this.#saidWhy = true;
        this.#onNotice(noticeOf(why));
      }
    } else if (state === 'open') {
      if (this.#saidWhy) {
        this.#saidWhy = false;
        this.#onNotice(null);
      }

      this.#set(this.conversation.runs.at(-1)?.status === 'live' ? 'live' : 'connecting');
    } else if (this.state !== 'lost') {
      this.#set('connecting');
    }
  }

  #over(outcome, run) {
    if (run?.status === 'starting' && run.note === null) {
      this.#unsay(run, {
        kind: 'error',
        title: 'Your message did not get through.',
        lines: ['It is back in the box: send it again if you like.'],
      });
    } else if (run && run.status !== 'ended') {
      settle(run, outcome === 'nothing' && !looksComplete(run) ? 'gone' : null);
    }

    this.#set('idle');
    this.keep();
  }

  async #refused(error, run) {
    if (run && run.status === 'starting' && error.status === 409) {
      // A browser repeats a request by itself when a kept connection breaks under it; then the run under way is this one.
      if (!this.#isNew) {
        this.#unsay(run, {
          kind: 'info',
          title: 'This conversation is still busy with an earlier message.',
          lines: ['You see its answer here. Yours was not sent; it is back in the box.'],
        });
      }

      await this.#follow(null);
      return;
    }

    const notice = noticeOf(error);

    if (run && run.status === 'starting') {
      this.#unsay(run, notice);
    } else {
      this.#onNotice(notice);
    }

    const last = this.conversation.runs.at(-1);

    if (last && last.status !== 'ended') {
      settle(last, 'gone');
    }

    this.#set('idle');
    this.keep();
  }

  /** Takes back a message that the server did not take. */
  #unsay(run, notice) {
    const { conversation } = this;
    conversation.runs = conversation.runs.filter(other => other !== run);
    conversation.cursor = run.from;
    this.#onNotice({ ...notice, prompt: run.prompt });
    this.#onChange();
  }

  #wait(ms) {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #cancel(conversation) {
    try {
      // False: there was nothing to cancel any more, so the end is on its way.
      await this.#api.cancel(conversation.id);
    } catch (error) {
      if (conversation === this.conversation && this.isStopping) {
        this.isStopping = false;
        this.#onNotice({ kind: 'error', title: 'The stop did not get through.', lines: [reason(error)] });
        this.#onChange();
      }
    }
  }

  #leaveRun() {
    this.#leave.abort();
    this.#wake();
    this.#leave = new AbortController();
    this.isStopping = false;
    this.#saidWhy = false;
  }

  #set(state) {
    this.state = state;
    this.isStopping &&= state !== 'idle';
    this.#onChange();
  }
}

/** A problem's title is often no more than its status in words; what happened stands in the detail. */
function noticeOf(error) {
  return error instanceof Problem
    ? { kind: 'error', title: error.detail ?? error.message, lines: error.rules }
    : { kind: 'error', title: 'Something went wrong in this page.', lines: [String(error)] };
}

function reason(error) {
  return error instanceof Problem ? error.detail ?? error.message : 'The server cannot be reached.';
}
