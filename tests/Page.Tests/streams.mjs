// Answers of a server, made by hand.

/** A stream of events as the server sends it: `[cursor, type, body, origin]` each; ends in order, or breaks. */
export function streamOf(events, { breaks = false } = {}) {
  const frames = events.map(frameOf);

  return new Response(new ReadableStream({
    pull(controller) {
      const frame = frames.shift();

      if (frame !== undefined) {
        controller.enqueue(new TextEncoder().encode(frame));
      } else if (breaks) {
        controller.error(new TypeError('network error'));
      } else {
        controller.close();
      }
    },
  }), { headers: { 'Content-Type': 'text/event-stream' } });
}

const open = [];

/** Ends the streams that stay open; whoever reads one would wait for it longer than the tests. */
export const endAll = () => open.splice(0).forEach(stream => {
  try {
    stream.close();
  } catch {
    // It broke.
  }
});

/** A stream that stays open until {@link endAll}, and what says its next events; null breaks it. */
export function eventsBy() {
  let controller;
  const response = new Response(new ReadableStream({ start: given => { open.push(controller = given); } }), { headers: { 'Content-Type': 'text/event-stream' } });
  const say = events => events === null
    ? controller.error(new TypeError('network error'))
    : controller.enqueue(new TextEncoder().encode(events.map(event => Array.isArray(event) ? frameOf(event) : `data: ${JSON.stringify(event)}\n\n`).join('')));
  return { response, say };
}

export const begin = ['1-0', 'begin', { session_id: 's' }];
export const nodeBegin = ['2-0', 'event', { idx: 0, event: 'llm-begin' }];
export const first = ['3-0', 'event', { idx: 0, event: 'part_start', event_idx: 0, part_kind: 'text', content: 'Hello' }];
export const second = ['4-0', 'event', { idx: 0, event: 'part_delta', event_idx: 0, part_delta_kind: 'text', content_delta: ' there.' }];
export const nodeEnd = ['5-0', 'event', { idx: 0, event: 'llm-end' }];
export const wholeRun = [begin, nodeBegin, first, second, nodeEnd];

function frameOf([id, type, body, origin = 'x']) {
  return `id: ${id}\ndata: ${JSON.stringify({ type, origin, body })}\n\n`;
}

/** A function that gives one prepared answer a call (a value, or a function that is called) and remembers with what it was called. */
export function script(...answers) {
  const play = async (...args) => {
    play.calls.push(args);
    const answer = answers.shift();

    if (answer === undefined) {
      throw new Error(`Nothing is prepared for call ${play.calls.length}.`);
    }

    return typeof answer === 'function' ? answer() : answer;
  };
  play.calls = [];
  return play;
}

export const fails = error => () => {
  throw error;
};

export const nothing = () => null;
