// Prompts that are said while a run is under way: the server keeps them until their turn, also when this page is closed. No DOM here.

import { waitingRun } from './requests.js';

/**
 * Says something behind the run under way; `ready`: when the server has that.
 * @returns {Promise<object>} It, among those that wait in the conversation, with the id of its run.
 * @throws {Error} It may not wait; it is not among them any more.
 */
export async function putBehind(api, conversation, prompt, agent, ready) {
  const mine = { prompt, runId: null };
  conversation.waiting.push(mine);

  try {
    // Two requests may overtake each other on their way.
    await ready.catch(() => { });
    const response = await api.start(conversation.id, prompt, agent, undefined, 'queue');
    mine.runId = response.headers.get('X-Run-Id');
    // Its events are followed when it is its turn.
    response.body?.cancel().catch(() => { });
    return mine;
  } catch (error) {
    takeOut(conversation, mine);
    throw error;
  }
}

/** Takes the next one out whose turn it is; undefined when there is none. */
export function takeNext(conversation) {
  // One of them may have been followed as somebody else's.
  conversation.waiting = conversation.waiting.filter(({ runId }) => !runId || !conversation.runs.some(run => run.runId === runId));
  // A turn that waits for somebody is not over.
  return conversation.waiting[0]?.runId && !waitingRun(conversation) ? conversation.waiting.shift() : undefined;
}

function takeOut(conversation, mine) {
  conversation.waiting = conversation.waiting.filter(other => other !== mine);
}
