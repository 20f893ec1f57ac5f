// One conversation with an agent: says, follows, stops, and survives lost connections. No DOM here.
// What was said is the server's to know: a page that opens a session reads its history, and its run under way from the stream.

import { newSessionId } from './api.js';
import { learn, readHistory } from './catch-up.js';
import { addRun, applyEvent, newConversation } from './fold.js';
import { follow } from './follow.js';
import { News } from './news.js';
import { NextRun } from './next-run.js';
import { noticeOf } from './notices.js';
import { conclude, refuse } from './outcome.js';
import { waitingRun } from './requests.js';
import { Shown } from './shown.js';
import { Stopping } from './stopping.js';
import { putBehind, takeNext } from './waiting.js';
import { wayTo } from './way.js';

export class Chat extends Shown {
  #api;
  #onNotice;
  #agent;
  #stopping;
  #news = new News();
  /** The server has taken the last prompt, or refused it. */
  #accepted = Promise.resolve();
  /** The session's id was made here for the message under way: no other can have started a run in it. */
  #isNew = false;
  #next;

  /**
   * @param {object} api       See api.js.
   * @param {() => void} onChange  There is something to show.
   * @param {(notice: ?object) => void} onNotice  Something to tell the user, see notices.js; null takes the last one back.
   * @param {?string} agent    Which agent to talk to; null is the server's default.
   */
  constructor({ api, onChange, onNotice, agent = null }) {
    super(onChange, onNotice);
    this.#api = api;
    this.#onNotice = onNotice;
    this.#agent = agent;
    this.#next = new NextRun(api, this.link);
    this.#stopping = new Stopping(api, notice => {
      onNotice(notice);
      onChange();
    });
  }

  /** The user wants the run under way to stop, and it has not ended yet. */
  get isStopping() {
    return this.#stopping.isWanted && this.isBusy;
  }

  /**
   * Shows a session, or a new one for null, and follows its run if there is one under way.
   * The run that was shown before continues without us.
   */
  async open(id) {
    this.#leave();
    this.conversation = newConversation(id);
    this.#news.forget();
    this.link.set(id ? 'loading' : 'idle');

    if (id) {
      await this.#catchUp();
    }
  }

  /** What the list of sessions says of the one that is shown: there may be something new, from another tab or another machine. */
  async look(listed) {
    if (this.state === 'idle' && this.conversation.id && this.#news.take(listed, waitingRun(this.conversation) !== undefined)) {
      await this.refresh();
    }
  }

  /** Reads what the session that is shown has come to, and follows its run if there is one under way. */
  async refresh() {
    this.#leave();
    await this.#catchUp();
  }

  /** Says something; while a run is under way, it waits for its turn. False when it cannot be said now. */
  async send(prompt) {
    if (prompt.trim() === '' || (this.conversation.id !== null && !this.isBusy && this.state !== 'idle')) {
      return false;
    }

    this.#onNotice(null);

    if (this.isBusy) {
      await this.#queue(prompt);
      return true;
    }

    // Nothing is under way, but the look for it may still be.
    this.#leave();
    this.#isNew = this.conversation.id === null;
    this.conversation.id ??= newSessionId();
    await this.#follow(addRun(this.conversation, prompt));
    return true;
  }

  /** Asks once more what came to no answer. */
  async repeat() {
    return this.canRepeat && this.send(this.last.prompt);
  }

  /** Stops the run under way, whoever started it. Its last events, and its end, still come. */
  async stop() {
    if (!this.isBusy || this.#stopping.isWanted) {
      return;
    }

    this.#stopping.isWanted = true;
    this.link.set(this.state);

    // Before its begin a run may not be there yet, and a cancel would miss it: then #take() sends it.
    if (this.last.status !== 'starting') {
      await this.#cancel(this.conversation);
    }
  }

  /** Tries again now, rather than when the time has come. Somebody looks. */
  retry() {
    this.#next.isWanted = true;
    this.link.wake();

    if (this.state === 'idle') {
      this.#waitForNext();
    }
  }

  /** Nobody looks: a connection that only waits for the next run is given back. What was missed comes when somebody does. */
  sleep() {
    this.#next.isWanted = false;

    if (this.state === 'idle') {
      this.#leave();
    }
  }

  /** Reads the history, and follows the run under way. */
  async #catchUp() {
    const { signal } = this.link;

    try {
      const session = await readHistory(this.#api, this.link, this.conversation);

      if (!signal.aborted) {
        this.link.heard();
        session ?? this.#news.foundNone();
        await (session?.status === 'live' ? this.#follow(null) : this.#followNext());
      }
    } catch (error) {
      if (!signal.aborted) {
        this.#onNotice(noticeOf(error));
        this.link.set('idle');
      }
    }
  }

  #waitForNext() {
    const { conversation } = this;
    this.#next.wait(conversation, () => this.last, (event, signal) => this.#hear(conversation, event, signal)).catch(error => this.#refused(error, null));
  }

  /** What somebody else's run says. */
  #hear(conversation, event, signal) {
    this.#take(conversation, event, signal);

    if (event.type === 'end' && !signal.aborted) {
      this.#stopping.isWanted = false;

      if (conversation.waiting.length > 0) {
        this.#leave();
      }

      this.#followNext();
    }
  }

  /** Follows to the end of the run under way; `run` is ours: one to start first, or one that waits. */
  async #follow(run, isStarted = false) {
    const { conversation } = this;
    const { signal } = this.link;
    const way = wayTo(this.#api, conversation, run, { agent: this.#agent, signal, isStarted });
    this.link.set('connecting');

    try {
      const outcome = await follow({
        ...way,
        start: way.start && (() => this.#accepted = way.start()),
        onEvent: event => this.#take(conversation, event, signal),
        onState: (state, ms, why) => signal.aborted || this.link.follows(state, ms, why, this.last?.status === 'live'),
        wait: ms => this.link.wait(ms),
        signal,
      });

      if (!signal.aborted) {
        await this.#over(outcome, run);
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

    if (event.type === 'begin') {
      if (this.#stopping.isWanted) {
        this.#cancel(conversation);
      }

      if (!conversation.runs.at(-1).runId || conversation.runs.at(-1).prompt === null) {
        learn(this.#api, this.link, conversation);
      }
    }

    this.link.set('live');
  }

  async #over(outcome, run) {
    const { conversation } = this;
    const notice = conclude(conversation, outcome, run);

    if (notice !== null) {
      this.#onNotice(notice);
    }

    this.#stopping.isWanted = false;

    await this.#followNext();

    if (this.last?.note === 'gone') {
      // The history has it.
      learn(this.#api, this.link, conversation);
    }
  }

  async #refused(error, run) {
    // Another run was there first.
    const isLate = run?.status === 'starting' && error.status === 409;

    if (isLate && this.#isNew) {
      // A browser repeats a request by itself when a kept connection breaks under it; then the run under way is this one.
      await this.#follow(run, true);
      return;
    }

    this.#onNotice(refuse(this.conversation, error, run));
    await (isLate ? this.#catchUp() : this.link.set('idle'));
  }

  async #queue(prompt) {
    const { conversation } = this;
    const answer = putBehind(this.#api, conversation, prompt, this.#agent, this.#accepted);
    this.link.set(this.state);

    try {
      await answer;
      // The run before it may have ended meanwhile.
      if (this.conversation === conversation && !this.isBusy) {
        this.#leave();
        await this.#followNext();
      }
    } catch (error) {
      if (this.conversation === conversation) {
        this.#onNotice({ ...noticeOf(error), prompt });
        this.link.set(this.state);
      }
    }
  }

  /** Follows the run of the next prompt that waits, if there is one. */
  async #followNext() {
    const next = takeNext(this.conversation);

    if (next) {
      await this.#follow(Object.assign(addRun(this.conversation, next.prompt), { runId: next.runId }));
    } else {
      this.link.set('idle');
      this.#waitForNext();
    }
  }

  #cancel(conversation) {
    return this.#stopping.cancel(conversation.id, () => conversation === this.conversation);
  }

  #leave() {
    this.link.leave();
    this.#stopping.isWanted = false;
  }
}
