import { randomUUID } from 'node:crypto';
import { SessionAgent } from './session-agent.mjs';

/** An agent whose events are kept, and in which tests can wait. */
export function newAgent(url, threadId = randomUUID()) {
  const agent = new SessionAgent({ url: `${url}/ag-ui`, threadId });
  const events = [];
  const waiting = new Set();
  const look = () => waiting.forEach(waiter => waiter());
  agent.subscribe({ onEvent: ({ event }) => { events.push(event); }, onMessagesChanged: look });
  return Object.assign(agent, {
    events,
    types: () => events.map(event => event.type).filter((type, i, all) => type !== all[i - 1]),
    when: condition => new Promise(resolve => {
      const waiter = () => condition() && (waiting.delete(waiter), resolve());
      waiting.add(waiter);
      waiter();
    }),
    say: (content, parameters) => {
      agent.addMessage({ id: randomUUID(), role: 'user', content });
      return agent.runAgent(parameters);
    },
    answer: () => agent.messages.filter(message => message.role === 'assistant').map(message => message.content ?? '').join(''),
  });
}
