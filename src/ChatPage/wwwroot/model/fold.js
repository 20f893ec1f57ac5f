// Folds the events of a session's stream into what the page shows. No DOM here, and no network.
// A run that waits for somebody ends, and another continues its turn: here they are one run, with the id of the first and the begin of the last.
//
// conversation: { id, cursor, runs, waiting, answered }   cursor: of the last event that was folded in; waiting: prompts that wait for their
//       turn; answered: the ids of the requests that are known to have their answer
// run:  { prompt, runId, begin, status, from, items, kept, pending, note }   begin: the cursor of its begin; from: the cursor behind which it
//       begins; kept: how many items are of the runs that it continues; pending: the requests that it ended with (requests.js)
// item: { kind: 'node', idx, parts, returns, done } | { kind: 'info' | 'error', body }
// part: { kind: 'text' | 'thinking', n, text } | { kind: 'tool-call', n, name, id, args }

import { answeredIn, closeRequest, requestOf } from './requests.js';

/** A conversation in which nothing has been said. */
export function newConversation(id) {
  return { id, cursor: null, runs: [], waiting: [], answered: new Set() };
}

/** A run of which nothing is known but its prompt; null: not even that. `status`: 'starting', 'live' or 'ended'. */
export function newRun(prompt, from = null) {
  return { prompt, runId: null, begin: null, status: 'starting', from, items: [], kept: 0, pending: [], note: null };
}

/** Adds the run that a prompt asks for; its events come with {@link applyEvent}. */
export function addRun(conversation, prompt) {
  const run = newRun(prompt, conversation.cursor);
  conversation.runs.push(run);
  return run;
}

/** Takes back a run that the server did not take. */
export function takeBack(conversation, run) {
  conversation.runs = conversation.runs.filter(other => other !== run);
  conversation.cursor = run.from;
}

/**
 * Folds one event in.
 * @returns {boolean} False when it was there already, so that a repeated event shows nothing twice.
 */
export function applyEvent(conversation, { cursor, type, origin, body }) {
  const known = isReplayed(cursor) ? conversation.cursor : inStream(conversation.cursor);

  if (cursor && known && compareCursors(cursor, known) <= 0) {
    return false;
  }

  if (type === 'begin') {
    begin(conversation, cursor);
  } else {
    const run = runUnderWay(conversation);

    if (type === 'event') {
      applyNodeEvent(run, body ?? {});
    } else if (type === 'info') {
      applyInfo(conversation, run, { origin, body: body ?? {} });
    } else if (type === 'error') {
      run.pending = [];
      run.items.push({ kind: 'error', body: body ?? {} });
    } else if (type === 'end') {
      settle(run);
      dropEmpty(conversation, run);
    }
  }

  conversation.cursor = cursor ?? conversation.cursor;
  return true;
}

/** The run is over; `note`: 'gone' when its last events are not to be had any more. */
export function settle(run, note = null) {
  run.status = 'ended';
  run.note = note;
}

/** Whether the events of a run can be all there are: it came to an answer, to an error, or it waits for somebody. */
export function looksComplete(run) {
  const last = run.items.findLast(item => item.kind === 'node' || item.kind === 'error');
  return run.pending.length > 0
    || (last !== undefined && (last.kind === 'error' || (last.done && !last.parts.some(part => part.kind === 'tool-call'))));
}

/** Whether what was asked came to an error, or to nothing. */
export function isWithoutAnswer({ status, prompt, note, items }) {
  return status === 'ended' && prompt !== null && (note !== null || items.length === 0 || items.some(item => item.kind === 'error'));
}

/** Which tool result belongs to which tool call: a Map of part to return. */
export function resultsOf(run) {
  const results = new Map();
  const open = new Map();

  for (const node of run.items) {
    if (node.kind === 'node') {
      // Results come in the node after the call's; ids need only be unique among the calls that are open.
      node.returns.forEach(result => results.set(open.get(result.id) ?? result, result));
      node.parts.filter(part => part.kind === 'tool-call').forEach(call => open.set(call.id, call));
    }
  }

  return results;
}

/** Orders two cursors `{milliseconds}-{sequence}`, which can be beyond what a number holds; 1 when either is of another form. */
export function compareCursors(left, right) {
  const form = /^(\d+)(?:-(\d+))?$/;
  const [a, b] = [form.exec(left), form.exec(right)];

  if (!a || !b) {
    return 1;
  }

  const order = BigInt(a[1]) - BigInt(b[1]) || BigInt(a[2] ?? 0) - BigInt(b[2] ?? 0);
  return order < 0n ? -1 : order > 0n ? 1 : 0;
}

const ReplayedBits = 32;

/** Whether the server shows an event from the journal, since its stream is gone: it stands behind one place of the stream, with others. */
function isReplayed(cursor) {
  return BigInt(/^\d+-(\d+)$/.exec(cursor)?.[1] ?? 0) >> BigInt(ReplayedBits) > 0n;
}

/** The place in the stream that a cursor stands for. */
function inStream(cursor) {
  const [, milliseconds, sequence] = /^(\d+)-(\d+)$/.exec(cursor) ?? [];
  return sequence === undefined ? cursor : `${milliseconds}-${BigInt.asUintN(ReplayedBits, BigInt(sequence))}`;
}

function begin(conversation, cursor) {
  const last = conversation.runs.at(-1);

  // The one that is waited for, or the same once more, from its start.
  if (last && (last.begin === null ? last.status === 'starting' : last.begin === cursor)) {
    Object.assign(last, { status: 'live', begin: cursor, items: last.items.slice(0, last.kept), pending: [], note: null });
    return;
  }

  if (last && last.status !== 'ended') {
    settle(last, looksComplete(last) ? null : 'gone');
  }

  // Somebody else started this one: the stream does not say with which prompt.
  Object.assign(addRun(conversation, null), { status: 'live', begin: cursor });
}

/** A change of the history is a run too, that says nothing. */
function dropEmpty(conversation, run) {
  if (run.prompt === null && run.items.length === 0) {
    conversation.runs = conversation.runs.filter(other => other !== run);
  }
}

function runUnderWay(conversation) {
  const run = conversation.runs.at(-1) ?? addRun(conversation, null);
  run.status = 'live';
  run.note = null;
  return run;
}

function applyInfo(conversation, run, info) {
  const request = requestOf(info);
  const answered = answeredIn(info);

  if (request !== null) {
    run.pending = [...run.pending.filter(({ id }) => id !== request.id), ...(conversation.answered.has(request.id) ? [] : [request])];
  } else if (answered !== null) {
    closeRequest(conversation, answered);
    continueTurn(conversation, run);
  } else if (info.origin !== 'agentstream' || info.body.msg !== 'replayed') {
    run.items.push({ kind: 'info', body: info.body });
  }
}

/** A run with an answer belongs to the turn of the run before, which waited for that. */
function continueTurn(conversation, run) {
  const turn = conversation.runs.at(-2);

  if (turn !== undefined && run.prompt === null) {
    conversation.runs.pop();
    Object.assign(turn, { status: 'live', begin: run.begin, items: [...turn.items, ...run.items], kept: turn.items.length, note: null });
  }
}

function applyNodeEvent(run, body) {
  // While the model works, nothing of the session waits for an answer: what was open has been answered in a run that was not seen here.
  run.pending = [];

  if (body.event === 'llm-begin') {
    // What comes again never happened, and nothing that built on it did.
    run.items = run.items.filter((item, at) => at < run.kept || item.kind !== 'node' || item.idx < body.idx);
    addNode(run, body.idx);
    return;
  }

  const node = run.items.findLast(item => item.kind === 'node' && item.idx === body.idx) ?? addNode(run, body.idx);

  if (body.event === 'llm-end') {
    node.done = true;
  } else if (body.event === 'part_start' && body.event_idx === undefined && body.tool_call_id !== undefined) {
    node.returns.push({ kind: 'tool-return', name: body.tool_name, id: body.tool_call_id, content: body.content });
  } else if (body.event === 'part_start' && body.part_kind === 'tool-call') {
    putPart(node, { kind: 'tool-call', n: body.event_idx, name: body.tool_name, id: body.tool_call_id, args: body.args ?? {} });
  } else if (body.event === 'part_start' && (body.part_kind === 'text' || body.part_kind === 'thinking')) {
    putPart(node, { kind: body.part_kind, n: body.event_idx, text: String(body.content ?? '') });
  } else if (body.event === 'part_delta') {
    const part = node.parts.find(known => known.n === body.event_idx)
      ?? putPart(node, { kind: body.part_delta_kind, n: body.event_idx, text: '' });
    part.text += body.content_delta ?? '';
  }
}

function addNode(run, idx) {
  const node = { kind: 'node', idx, parts: [], returns: [], done: false };
  run.items.push(node);
  return node;
}

function putPart(node, part) {
  node.parts = [...node.parts.filter(known => known.n !== part.n), part];
  return part;
}
