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
    const get = headers => this.fetch(`${this.url}/${threadId}`, { headers: { ...this.headers, ...headers }, signal: this.abortController.signal });
    return transformHttpEventStream(runHttpRequest(async () => {
      let response = await get();
      if (response.status === 204 && this.place) {
        // The run's stream is gone: behind a place in it, the history shows it.
        response = await get({ 'Last-Event-ID': this.place });
      }
      return response.status === 204 ? new Response('', { headers: { 'Content-Type': 'text/event-stream' } }) : response;
    }));
  }

  /** Comes back to the thread's run, which is shown from its start: so what is there of its answer goes first. */
  resume() {
    this.abortController = new AbortController();
    this.place = this.messages.findLast(message => message.role === 'assistant')?.id;
    this.setMessages(this.messages.slice(0, this.messages.findLastIndex(message => message.role === 'user') + 1));
    return this.connectAgent();
  }

  /** Shows the thread from its beginning: its history, and the run under way, if there is one. */
  load() {
    this.abortController = new AbortController();
    this.connect = ({ threadId }) => transformHttpEventStream(runHttpRequest(() => this.fetch(`${this.url}/${threadId}/messages`, { headers: this.headers, signal: this.abortController.signal })));
    return this.connectAgent().finally(() => delete this.connect);
  }

  async cancel() {
    return (await this.fetch(`${this.url}/${this.threadId}/cancel`, { method: 'POST', headers: this.headers })).json();
  }
}
