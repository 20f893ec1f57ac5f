// One conversation with an agent: says, follows, stops, and survives lost connections. No DOM here.
// What was said is the server's to know: a page that opens a session reads its history, and its run under way from the stream.

import { newSessionId } from './api.js';
import { learn, readHistory } from './catch-up.js';
import { addRun, applyEvent, looksComplete, newConversation, settle } from './fold.js';
import { follow } from './follow.js';
import { Link } from './link.js';
import { noticeOf, notStopped, notThrough, stillBusy } from './notices.js';

export class Chat {
  /** What has been said, see fold.js. */
  conversation = newConversation(null);

  #api;
  #link;
  #onNotice;
  #onRun;
  #agent;
  #isStopping = false;
  /** When the history that was read last had changed, as the list of sessions has it; undefined before it is known. */
  #changed;
  /** The session counts as live, but there was nothing to follow. */
  #missed = false;
  /** The session's id was made here for the message under way: no other can have started a run in it. */
  #isNew = false;

  /**
   * @param {object} api       See api.js.
   * @param {() => void} onChange  There is something to show.
   * @param {(notice: ?object) => void} onNotice  Something to tell the user, see notices.js; null takes the last one back.
   * @param {(id: string) => void} [onRun]  A run of this session has begun, waits or has ended: others may want to know.
   * @param {?string} agent    Which agent to talk to; null is the server's default.
   */
  constructor({ api, onChange, onNotice, onRun = () => { }, agent = null }) {
    this.#api = api;
    this.#link = new Link(onChange, onNotice);
    this.#onNotice = onNotice;
    this.#onRun = onRun;
    this.#agent = agent;
  }

  /** 'idle' | 'loading' | 'connecting' | 'live' | 'lost' */
  get state() {
    return this.#link.state;
  }

  /** While the connection is lost: when the next try is due, by Date.now(). */
  get retryAt() {
    return this.#link.retryAt;
  }

  /** A run is under way, or is about to be. */
  get isBusy() {
    return this.#last !== undefined && this.#last.status !== 'ended';
  }

  /** The user wants the run under way to stop, and it has not ended yet. */
  get isStopping() {
    return this.#isStopping && this.isBusy;
  }

  /** What was last asked can be asked again: it came to no answer. */
  get canRepeat() {
    const last = this.#last;
    return this.state === 'idle' && last?.status === 'ended' && last.prompt !== null
      && (last.note !== null || last.items.length === 0 || last.items.some(item => item.kind === 'error'));
  }

  get #last() {
    return this.conversation.runs.at(-1);
  }

  /**
   * Shows a session, or a new one for null, and follows its run if there is one under way.
   * The run that was shown before goes on without us.
   */
  async open(id) {
    this.#leave();
    this.conversation = newConversation(id);
    this.#changed = undefined;
    this.#link.set(id ? 'loading' : 'idle');

    if (id) {
      await this.#catchUp();
    }
  }

  /** What the list of sessions says of the one that is shown: there may be something new, from another tab or another machine. */
  async look({ live, changed }) {
    if (this.state !== 'idle' || !this.conversation.id) {
      return;
    }

    const hasGrown = this.#changed !== undefined && changed !== this.#changed;
    this.#changed = changed;

    if (hasGrown || (live && !this.#missed)) {
      this.#leave();
      await this.#catchUp();
    }
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
    return this.canRepeat && this.send(this.#last.prompt);
  }

  /** Stops the run under way, whoever started it. Its last events, and its end, still come. */
  async stop() {
    if (!this.isBusy || this.#isStopping) {
      return;
    }

    this.#isStopping = true;
    this.#link.set(this.state);

    // Before its begin a run may not be there yet, and a cancel would miss it: then #take() sends it.
    if (this.#last.status !== 'starting') {
      await this.#cancel(this.conversation);
    }
  }

  /** Tries again now, rather than when the time has come. */
  retry() {
    this.#link.wake();
  }

  /** Reads the history, and follows the run under way. */
  async #catchUp() {
    const { signal } = this.#link;

    try {
      const session = await readHistory(this.#api, this.#link, this.conversation);

      if (!signal.aborted) {
        this.#link.heard();
        await (session?.status === 'live' ? this.#follow(null) : this.#link.set('idle'));
      }
    } catch (error) {
      if (!signal.aborted) {
        this.#onNotice(noticeOf(error));
        this.#link.set('idle');
      }
    }
  }

  /** Follows to the end of the run under way; `run` is ours: one to start first, or one that waits. */
  async #follow(run, isStarted = false) {
    const { conversation } = this;
    const { signal } = this.#link;
    const last = () => conversation.runs.at(-1);
    const isPending = () => last()?.status === 'starting';
    this.#link.set('connecting');

    try {
      const outcome = await follow({
        start: run && !run.runId && !isStarted ? () => this.#api.start(conversation.id, run.prompt, this.#agent, signal) : null,
        // A run that waits is asked for by its id; behind any cursor there is first the one before.
        resume: () => run?.runId && isPending()
          ? this.#api.stream(conversation.id, null, signal, run.runId)
          : this.#api.stream(conversation.id, conversation.cursor, signal),
        onStarted: response => {
          // A run's cursors are its own session's; whatever we had before, the new run is read from its beginning.
          conversation.cursor = null;
          run.runId = response.headers.get('X-Run-Id');
        },
        onEvent: event => this.#take(conversation, event, signal),
        isComplete: () => last() === undefined || last().status === 'ended' || (!isPending() && looksComplete(last())),
        onState: (state, ms, why) => signal.aborted || this.#connection(state, ms, why),
        wait: ms => this.#link.wait(ms),
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

    this.#missed = false;

    if (event.type === 'begin') {
      this.#onRun(conversation.id);

      if (this.#isStopping) {
        this.#cancel(conversation);
      }

      if (!conversation.runs.at(-1).runId || conversation.runs.at(-1).prompt === null) {
        learn(this.#api, conversation, signal).then(() => this.#link.set(this.state));
      }
    }

    this.#link.set('live');
  }

  #connection(state, ms, why) {
    if (state === 'lost') {
      this.#link.lost(ms, why);
    } else if (state === 'open') {
      this.#link.heard();
      this.#link.set(this.#last?.status === 'live' ? 'live' : 'connecting');
    } else if (this.state !== 'lost') {
      this.#link.set('connecting');
    }
  }

  async #over(outcome, run) {
    const { conversation } = this;
    const last = this.#last;
    this.#missed = outcome === 'nothing';

    if (last?.status === 'starting' && last === run) {
      this.#unsay(run);
      this.#onNotice(notThrough(run.prompt));
    } else if (last && last.status !== 'ended') {
      settle(last, outcome === 'nothing' && !looksComplete(last) ? 'gone' : null);
    }

    this.#isStopping = false;
    this.#onRun(conversation.id);
    // One of them may have been followed as somebody else's.
    conversation.waiting = conversation.waiting.filter(({ runId }) => !runId || !conversation.runs.some(known => known.runId === runId));

    if (conversation.waiting[0]?.runId) {
      const next = conversation.waiting.shift();
      await this.#follow(Object.assign(addRun(conversation, next.prompt), { runId: next.runId }));
    } else {
      this.#link.set('idle');

      if (last?.note === 'gone') {
        // The history has it.
        learn(this.#api, conversation, this.#link.signal).then(() => this.#link.set(this.state));
      }
    }
  }

  async #refused(error, run) {
    if (run?.status === 'starting' && error.status === 409) {
      // A browser repeats a request by itself when a kept connection breaks under it; then the run under way is this one.
      if (this.#isNew) {
        await this.#follow(run, true);
      } else {
        this.#unsay(run);
        this.#onNotice(stillBusy(run.prompt));
        await this.#catchUp();
      }

      return;
    }

    if (run?.status === 'starting') {
      this.#unsay(run);
      this.#onNotice({ ...noticeOf(error), prompt: run.prompt });
    } else {
      this.#onNotice(noticeOf(error));
    }

    if (this.isBusy) {
      settle(this.#last, 'gone');
    }

    this.#link.set('idle');
  }

  /** Says something behind the run under way. The server keeps it until its turn, also when this page is closed. */
  async #queue(prompt) {
    const { conversation } = this;
    const mine = { prompt, runId: null };
    const takeOut = () => { conversation.waiting = conversation.waiting.filter(other => other !== mine); };
    conversation.waiting.push(mine);
    this.#link.set(this.state);

    try {
      const response = await this.#api.start(conversation.id, prompt, this.#agent, undefined, 'queue');
      mine.runId = response.headers.get('X-Run-Id');
      // Its events are followed when it is its turn.
      response.body?.cancel().catch(() => { });
      this.#onRun(conversation.id);

      if (this.conversation === conversation && !this.isBusy && conversation.waiting[0] === mine) {
        // The run before it ended meanwhile.
        takeOut();
        this.#leave();
        await this.#follow(Object.assign(addRun(conversation, prompt), { runId: mine.runId }));
      }
    } catch (error) {
      takeOut();

      if (this.conversation === conversation) {
        this.#onNotice({ ...noticeOf(error), prompt });
        this.#link.set(this.state);
      }
    }
  }

  /** Takes back a message that the server did not take. */
  #unsay(run) {
    const { conversation } = this;
    conversation.runs = conversation.runs.filter(other => other !== run);
    conversation.cursor = run.from;
  }

  async #cancel(conversation) {
    try {
      // False: there was nothing to cancel any more, so the end is on its way.
      await this.#api.cancel(conversation.id);
    } catch (error) {
      if (conversation === this.conversation && this.#isStopping) {
        this.#isStopping = false;
        this.#onNotice(notStopped(error));
        this.#link.set(this.state);
      }
    }
  }

  #leave() {
    this.#link.leave();
    this.#isStopping = false;
    this.#missed = false;
  }
}
