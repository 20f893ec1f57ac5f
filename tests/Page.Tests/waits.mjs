// Turns that wait for an answer, as the server tells of them.

const origin = 'agentstream';
const info = (msg, id, more = {}) => ({ msg, request_id: id, tool_call_id: 'c1', tool_name: 'delete_notes', ...more });

export const asked = (cursor, id = 'r1-0', more = {}) => [cursor, 'info', info('approval-requested', id, { args: {}, ...more }), origin];
export const askedClient = (cursor, id, more = {}) => [cursor, 'info', info('tool-requested', id, { args: {}, ...more }), origin];
export const decided = (cursor, id = 'r1-0', more = {}) => [cursor, 'info', info('approval-decided', id, { approved: true, ...more }), origin];

/** The run of a prompt that calls a tool which waits, and the one that continues it. */
export const pausedRun = [
  ['1-0', 'begin', { session_id: 's' }],
  ['2-0', 'event', { idx: 0, event: 'llm-begin' }],
  ['3-0', 'event', { idx: 0, event: 'part_start', event_idx: 0, part_kind: 'tool-call', tool_name: 'delete_notes', tool_call_id: 'c1', args: {} }],
  ['4-0', 'event', { idx: 0, event: 'llm-end' }],
  asked('5-0'),
];
export const continuedRun = [
  ['11-0', 'begin', { session_id: 's' }],
  decided('12-0'),
  ['13-0', 'event', { idx: 0, event: 'llm-begin' }],
  ['14-0', 'event', { idx: 0, event: 'part_start', part_kind: 'tool-return', tool_name: 'delete_notes', tool_call_id: 'c1', content: 'gone' }],
  ['15-0', 'event', { idx: 0, event: 'part_start', event_idx: 0, part_kind: 'text', content: 'Deleted.' }],
  ['16-0', 'event', { idx: 0, event: 'llm-end' }],
];

/** The same in a session's state. */
export const pending = (id = 'r1-0', more = {}) => ({ request_id: id, kind: 'approval', tool_call_id: 'c1', tool_name: 'delete_notes', args: {}, ...more });
export const callNode = {
  run_id: 'r1',
  parts: [{ part_kind: 'user-prompt', content: 'delete' }, { part_kind: 'tool-call', tool_name: 'delete_notes', tool_call_id: 'c1', args: {} }],
};
export const answerNode = {
  run_id: 'r2',
  parts: [{ part_kind: 'tool-return', tool_name: 'delete_notes', tool_call_id: 'c1', content: 'gone' }, { part_kind: 'text', content: 'Deleted.' }],
};
export const pausedState = { run: { run_id: 'r1', prompt: 'delete', begin: '1-0' }, pending: [pending()] };
export const continuedState = { run: { run_id: 'r2', prompt: 'delete', begin: '11-0' } };
