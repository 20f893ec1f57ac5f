// Follows a run to its end, or what never ends, over as many connections as it takes.

import { SseParser } from './sse.js';
import { Problem } from './api.js';

/** The server's keep-alive comments come far more often; without a byte for so long, the connection is dead. */
export const SilenceMs = 60_000;

/** How often there has to be nothing where more was expected, before it is believed: a server that goes down or comes up says so, too. */
const Doubts = 3;

/**
 * How long to wait before the n-th try in a row, from 1: ever longer, up to 5 s, and spread so that clients do not come back in step.
 * It grows slowly, since a run that has ended can be read for some seconds only.
 */
export function backoffMs(attempt, random = Math.random) {
  return Math.min(5000, 500 * 1.5 ** Math.min(attempt - 1, 10)) * (0.75 + random() / 2);
}

/**
 * @param {object} way
 * @param {?() => Promise<Response>} way.start  Starts the run; tried once, since a prompt must not run twice. Null to only follow.
 * @param {() => Promise<?Response>} way.resume Follows behind the last event that was seen; null: there is nothing to follow.
 * @param {(event: object) => void} way.onEvent Takes each `{cursor, type, origin, body}`.
 * @param {(response: Response) => void} [way.onStarted] The server took the prompt.
 * @param {?() => boolean} way.isComplete       Whether the events so far can be all there is; null for what never ends.
 * @param {(state: 'connecting' | 'open' | 'lost', ms?: number, why?: Error) => void} way.onState
 * @param {(ms: number) => Promise<void>} way.wait  Waits before the next try.
 * @param {AbortSignal} way.signal              Leaves the run.
 * @returns {Promise<'ended' | 'nothing' | 'left'>} 'nothing': the run's stream is not there (any more).
 * @throws {Problem} The server refused, and would again.
 */
export async function follow({ start, resume, onEvent, onStarted, isComplete, onState, wait, signal }) {
  let first = start;
  let failures = 0;
  let doubts = 0;

  for (;;) {
    const connect = first ?? resume;
    const isStart = first != null;
    first = null;
    let sawEvents = false;

    try {
      onState('connecting');
      const response = await connect();

      let sawEnd = false;

      if (response !== null) {
        if (isStart) {
          onStarted?.(response);
        }

        onState('open');
        sawEnd = await read(response, isComplete !== null, event => {
          sawEvents = true;
          failures = 0;
          doubts = 0;
          onEvent(event);
        });
      }

      if (signal.aborted) {
        return 'left';
      }

      doubts += sawEvents || isStart ? 0 : 1;

      if (isComplete !== null && (sawEnd || isComplete() || doubts >= Doubts)) {
        return response === null ? 'nothing' : 'ended';
      }

      // It stops in order, but in mid-answer, or before its begin: it was cut somewhere in between, or is not there yet. Ask again.
      if (doubts > 0) {
        await wait(backoffMs(doubts));
      }
    } catch (error) {
      if (signal.aborted) {
        return 'left';
      }

      if (error instanceof Problem && !isPassing(error, isStart)) {
        throw error;
      }

      failures++;
      const ms = backoffMs(failures);
      onState('lost', ms, error);
      await wait(ms);
    }

    if (signal.aborted) {
      return 'left';
    }
  }
}

/** Whether to continue. A start is not repeated, but where something on its way gave up on it, it may have gone through: look. */
export function isPassing(problem, isStart) {
  return [502, 503, 504].includes(problem.status) || (!isStart && (problem.status >= 500 || problem.status === 429));
}

/** Reads one response to its end; true when it ended with an `end` event, which is the last of a run. */
async function read(response, isRun, onEvent) {
  const reader = response.body.getReader();
  const parser = new SseParser();
  let silence;

  try {
    for (;;) {
      const chunk = await Promise.race([
        reader.read(),
        new Promise((_, reject) => {
          silence = setTimeout(() => reject(new Error('The connection went silent.')), SilenceMs);
        }),
      ]);
      clearTimeout(silence);

      if (chunk.done) {
        return false;
      }

      for (const frame of parser.push(chunk.value)) {
        const event = parse(frame);

        if (event !== null) {
          onEvent(event);
        }

        if (isRun && event?.type === 'end') {
          return true;
        }
      }
    }
  } finally {
    clearTimeout(silence);
    // Frees the connection when the stream was left before its end; it is not there any more when it broke.
    reader.cancel().catch(() => { });
  }
}

function parse(frame) {
  try {
    return { ...JSON.parse(frame.data), cursor: frame.id };
  } catch {
    // One entry that is no JSON, written by anyone, must not end the conversation.
    return null;
  }
}
