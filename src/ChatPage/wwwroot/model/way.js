// How to get to the runs of a conversation, for follow.js. No DOM here.

import { looksComplete } from './fold.js';

/** The way over all runs of a conversation: it waits for the next one, whoever starts it, and never ends. */
export function wayOver(api, conversation, signal) {
  return { start: null, resume: () => api.follow(conversation.id, conversation.cursor, signal), isComplete: null };
}

/**
 * @param {object} api
 * @param {object} conversation
 * @param {?object} run  Ours: one to start first, unless it has been, or one that waits for its turn; null to follow whatever continues.
 */
export function wayTo(api, conversation, run, { agent, signal, isStarted }) {
  const last = () => conversation.runs.at(-1);
  const isPending = () => last()?.status === 'starting';

  return {
    start: run && !run.runId && !isStarted ? () => api.start(conversation.id, run.prompt, agent, signal) : null,

    // A run that waits is asked for by its id; behind any cursor there is first the one before.
    resume: () => run?.runId && isPending()
      ? api.stream(conversation.id, null, signal, run.runId)
      : api.stream(conversation.id, conversation.cursor, signal),

    onStarted: response => {
      // A run's cursors are its own session's; whatever we had before, the new run is read from its beginning.
      conversation.cursor = null;
      run.runId = response.headers.get('X-Run-Id');
    },

    isComplete: () => last() === undefined || last().status === 'ended' || (!isPending() && looksComplete(last())),
  };
}
