import { HttpAgent, runHttpRequest, transformHttpEventStream } from '@ag-ui/client';

/** The client's own agent, and what docs/frontends.md adds to it: it comes back to a run, cancels one, and drops what was superseded. */
export class SessionAgent extends HttpAgent {
  constructor(config) {
    super(config);
    this.subscribe({
      onCustomEvent: ({ event, messages }) => event.name === 'superseded'
        ? { messages: messages.filter(message => !event.value.messageIds.includes(message.id)) }
        : undefined,
    });
  }

  connect({ threadId }) {
    return transformHttpEventStream(runHttpRequest(async () => {
      const response = await this.fetch(`${this.url}/${threadId}`, { headers: this.headers, signal: this.abortController.signal });
      return response.status === 204 ? new Response('', { headers: { 'Content-Type': 'text/event-stream' } }) : response;
    }));
  }

  /** Comes back to the thread's run, which is shown from its start: so what is there of its answer goes first. */
  resume() {
    this.abortController = new AbortController();
    this.setMessages(this.messages.slice(0, this.messages.findLastIndex(message => message.role === 'user') + 1));
    return this.connectAgent();
  }

  async cancel() {
    return (await this.fetch(`${this.url}/${this.threadId}/cancel`, { method: 'POST', headers: this.headers })).json();
  }
}
