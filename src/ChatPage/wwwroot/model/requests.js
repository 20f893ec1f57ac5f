// What a run waits for: calls that a person has to allow, and calls that only a client can carry out. No DOM here, and no network.
//
// request: { id, kind: 'approval' | 'tool', callId, name, args }

const Origin = 'agentstream';
const Kinds = { 'approval-requested': 'approval', 'tool-requested': 'tool' };
const Answers = ['approval-decided', 'tool-answered'];

/** The request that an info of the stream tells of; null for any other info. */
export function requestOf({ origin, body }) {
  return origin === Origin && Object.hasOwn(Kinds, body?.msg) ? readRequest(Kinds[body.msg], body) : null;
}

/** The id of the request that an info of the stream tells the answer of; null for any other info. */
export function answeredIn({ origin, body }) {
  return origin === Origin && Answers.includes(body?.msg) ? body.request_id : null;
}

/** The open requests of a session's state, but for those that are known to be answered by now. */
export function openRequests(session, answered) {
  return (session.pending ?? []).filter(({ request_id: id }) => !answered.has(id)).map(request => readRequest(request.kind, request));
}

/** The run whose requests are open; undefined when the conversation waits for nobody. */
export function waitingRun({ runs }) {
  const last = runs.at(-1);
  // A run of which nothing is known yet may be one that takes an answer.
  const run = last?.prompt === null && last.items.length === 0 ? runs.at(-2) ?? last : last;
  return run?.pending.length > 0 ? run : undefined;
}

/** A request has its answer, or is not there any more. */
export function closeRequest(conversation, id) {
  conversation.answered.add(id);
  conversation.runs.forEach(run => { run.pending = run.pending.filter(request => request.id !== id); });
}

function readRequest(kind, { request_id: id, tool_call_id: callId, tool_name: name, args }) {
  return { id, kind, callId, name: String(name), args: args ?? {} };
}
