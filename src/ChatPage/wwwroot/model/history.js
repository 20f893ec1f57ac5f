// A session's history as the server has it, in the form of fold.js, and how it is put together with what came from the stream.
// No DOM here, and no network.

import { compareCursors, newRun } from './fold.js';
import { openRequests } from './requests.js';

/** The runs of a history's nodes; one that waited for somebody and the one that continued it are one. */
export function runsOf(nodes) {
  const runs = [];

  for (const node of nodes) {
    const parts = Array.isArray(node.parts) ? node.parts : [];
    const prompts = parts.filter(part => part.part_kind === 'user-prompt');
    const isNew = prompts.length > 0 || runs.length === 0;
    const results = returnsOf(parts);

    // What the model was told of calls that were open when their run ended stands in the next request.
    if (isNew && runs.length > 0 && results.length > 0) {
      runs.at(-1).items.push(nodeItem(runs.at(-1), [], results.splice(0), null));
    }

    // Prompts that got no answer lead the next one.
    prompts.slice(0, -1).forEach(prompt => runs.push(past(promptText(prompt.content), null)));

    if (isNew) {
      runs.push(past(prompts.length > 0 ? promptText(prompts.at(-1).content) : null, node.run_id ?? null));
    }

    runs.at(-1).items.push(nodeItem(runs.at(-1), partsOf(parts), results, node.run_id ?? null));
  }

  return runs;
}

/**
 * Takes a session's state in: what was said before, elsewhere or since. Runs that are known here stay as they are, since the stream says
 * more than the history does (notes, errors).
 * @returns {boolean} False when the state is older than what is shown, or does not tell yet where the run under way belongs: ask again.
 */
export function merge(conversation, session) {
  const runs = runsOf(session.nodes ?? []);
  const isLive = session.status === 'live';
  const current = conversation.runs.at(-1);
  const last = session.run && lastOf(runs, session, current);

  if (current && current.begin === null && current.status !== 'ended') {
    // Our own prompt is on its way; the state may have it already.
    takeOut(runs, run => current.runId !== null && run.runId === current.runId);
    runs.push(current);
  } else if (current && current.begin !== null) {
    const isOver = current.status === 'ended';
    // Of a run that ended some time ago the server does not know the place any more.
    const order = last?.begin ? compareCursors(last.begin, current.begin) : isOver && !isLive ? 1 : -1;

    if (order < 0 || (order > 0 && !isOver)) {
      return false;
    }

    if (order === 0 && (!isOver || isLive || current.note === null)) {
      takeOut(runs, run => run === last);
      runs.push(join(current, last));
    }
  }

  const known = conversation.runs.filter(run => run.status === 'ended' && run.note === null);
  conversation.runs = runs.map(run => run.status === 'ended' ? takeOut(known, other => isSame(other, run) && !isBehind(other, run)) ?? run : run);

  if (conversation.runs.at(-1)?.status === 'ended') {
    conversation.runs.at(-1).pending = openRequests(session, conversation.answered);
  }

  return true;
}

/** The session's last run among the others; it is not there yet when it has no answer. */
function lastOf(runs, session, current) {
  const { run_id: runId, prompt, begin } = session.run;
  const isLive = session.status === 'live';
  const turn = runs.at(-1);
  // A run that continues the last turn has its prompt, and so has one that asks the same again.
  const isUnsure = turn !== undefined && turn.prompt === prompt && endsInCalls(turn);
  let last = runs.find(run => run.runId === runId || run.items.some(item => item.runId === runId));

  if (last === undefined && isUnsure && isContinuation(session.run, isLive, current)) {
    last = turn;
  } else if (last === undefined) {
    const isKnown = !isUnsure || (isOf(current, session.run) && (current.prompt !== null || current.items.length > 0));
    last = past(isKnown ? prompt : null, runId);
    runs.push(last);
  }

  last.begin = begin ?? null;
  last.kept = last.items.filter(item => item.runId !== runId).length;

  if (isLive && last.begin !== null) {
    // Its stream has all of it.
    Object.assign(last, { status: 'starting', items: last.items.slice(0, last.kept) });
  } else if (!isLive && session.error) {
    last.items.push({ kind: 'error', body: { msg: session.error } });
  }

  return last;
}

/** Whether a run that has no answer yet continues the turn before. Its stream tells; without that, a prompt is rarely said twice. */
function isContinuation(run, isLive, current) {
  return isOf(current, run) ? current.kept > 0 : !isLive;
}

/** Whether what is shown last is a run of the server, as far as that is known. */
function isOf(shown, run) {
  return shown !== undefined && (shown.runId === run.run_id || (shown.begin !== null && shown.begin === run.begin));
}

/** What the stream said of a run, with what only the history knows: its prompt, and the runs that it continues. */
function join(shown, last) {
  shown.runId = last.runId;
  shown.prompt ??= last.prompt;

  if (shown.kept === 0) {
    shown.items.unshift(...last.items.slice(0, last.kept));
    shown.kept = last.kept;
  }

  return shown;
}

/** Whether a turn that was seen to wait has continued since, and nobody here followed it. */
function isBehind(known, run) {
  return endsInCalls(known) && (answersOf(run).length > answersOf(known).length || (hasFailed(run) && !hasFailed(known)));
}

function hasFailed(run) {
  return run.items.some(item => item.kind === 'error');
}

function endsInCalls(run) {
  return answersOf(run).at(-1)?.parts.some(part => part.kind === 'tool-call') ?? false;
}

function answersOf(run) {
  return run.items.filter(item => item.kind === 'node' && item.parts.length > 0);
}

/** A prompt without an answer has no id in the history. */
function isSame(known, run) {
  return run.runId !== null ? known.runId === run.runId : run.items.length === 0 && known.prompt === run.prompt;
}

function takeOut(list, isWanted) {
  const at = list.findIndex(isWanted);
  return at < 0 ? undefined : list.splice(at, 1)[0];
}

function past(prompt, runId) {
  return { ...newRun(prompt), status: 'ended', runId };
}

function nodeItem(run, parts, returns, runId) {
  return { kind: 'node', idx: run.items.length, parts, returns, done: true, runId };
}

function returnsOf(parts) {
  return parts
    .filter(part => (part.part_kind === 'tool-return' || part.part_kind === 'retry-prompt') && part.tool_call_id !== undefined)
    .map(part => ({ kind: 'tool-return', name: part.tool_name, id: part.tool_call_id, content: part.content }));
}

function partsOf(parts) {
  return parts
    .filter(part => ['text', 'thinking', 'tool-call'].includes(part.part_kind))
    .map((part, n) => part.part_kind === 'tool-call'
      ? { kind: 'tool-call', n, name: part.tool_name, id: part.tool_call_id, args: argsOf(part.args) }
      : { kind: part.part_kind, n, text: String(part.content ?? '') });
}

/** An object, or its JSON as text. */
function argsOf(args) {
  try {
    return typeof args === 'string' ? JSON.parse(args) : args ?? {};
  } catch {
    return args;
  }
}

function promptText(content) {
  return typeof content === 'string' ? content
    : Array.isArray(content) ? content.map(item => typeof item === 'string' ? item : item?.content ?? `[${item?.kind ?? 'content'}]`).join('\n') : '';
}
