// What the page tells the user when something did not go as they wanted. `prompt`: what was not sent, and may be sent again.

import { Problem } from './api.js';

/** A problem's title is often no more than its status in words; what happened stands in the detail. */
export function noticeOf(error) {
  return error instanceof Problem ? { kind: 'error', title: error.detail ?? error.message, lines: error.rules }
    : error instanceof TypeError ? { kind: 'error', title: 'The server cannot be reached.', lines: [] }
      : { kind: 'error', title: 'Something went wrong in this page.', lines: [String(error)] };
}

export function stillBusy(prompt) {
  return {
    kind: 'info',
    title: 'This conversation is still busy with an earlier message.',
    lines: ['You see its answer here. Yours was not sent; it is back in the box.'],
    prompt,
  };
}

export function notThrough(prompt) {
  return { kind: 'error', title: 'Your message did not get through.', lines: ['It is back in the box: send it again if you like.'], prompt };
}

export function notStopped(error) {
  return { kind: 'error', title: 'The stop did not get through.', lines: [noticeOf(error).title] };
}

export function answeredElsewhere({ name }) {
  return { kind: 'info', title: `Somebody else has answered for ${name} already.`, lines: [] };
}
