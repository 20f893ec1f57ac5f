// What becomes of a run when its stream is over. No DOM here.

import { looksComplete, settle, takeBack } from './fold.js';
import { noticeOf, notThrough, stillBusy } from './notices.js';

/**
 * Settles the run that was followed.
 * @param {object} conversation
 * @param {'ended' | 'nothing'} outcome  See follow.js.
 * @param {?object} run  Ours, if it was.
 * @returns {?object} Something to tell the user, see notices.js.
 */
export function conclude(conversation, outcome, run) {
  const last = conversation.runs.at(-1);

  if (last?.status === 'starting' && last === run) {
    takeBack(conversation, run);
    return notThrough(run.prompt);
  }

  if (last && last.status !== 'ended') {
    settle(last, outcome === 'nothing' && !looksComplete(last) ? 'gone' : null);
  }

  return null;
}

/**
 * Settles the run that the server refused, or that cannot be followed any more.
 * @param {object} conversation
 * @param {Error} error  Why.
 * @param {?object} run  Ours, if it was.
 * @returns {object} Something to tell the user, see notices.js.
 */
export function refuse(conversation, error, run) {
  const isMine = run?.status === 'starting';

  if (isMine) {
    takeBack(conversation, run);
  }

  const last = conversation.runs.at(-1);

  if (last && last.status !== 'ended') {
    settle(last, 'gone');
  }

  return isMine && error.status === 409 ? stillBusy(run.prompt) : { ...noticeOf(error), ...(isMine ? { prompt: run.prompt } : {}) };
}
