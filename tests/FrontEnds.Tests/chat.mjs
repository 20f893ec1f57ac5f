/** A state of the AI SDK's chat without a framework, in which tests can wait. */
class ChatState {
  #values = { status: 'ready', error: undefined, messages: [] };
  #waiting = new Set();

  get status() { return this.#values.status; }
  set status(value) { this.#set({ status: value }); }
  get error() { return this.#values.error; }
  set error(value) { this.#set({ error: value }); }
  get messages() { return this.#values.messages; }
  set messages(value) { this.#set({ messages: value }); }

  pushMessage = message => this.#set({ messages: [...this.messages, message] });
  popMessage = () => this.#set({ messages: this.messages.slice(0, -1) });
  replaceMessage = (index, message) => this.#set({ messages: this.messages.with(index, structuredClone(message)) });
  snapshot = value => structuredClone(value);

  /** Resolves as soon as a condition holds. */
  when(condition) {
    return new Promise(resolve => {
      const look = () => condition() && (this.#waiting.delete(look), resolve());
      this.#waiting.add(look);
      look();
    });
  }

  #set(values) {
    Object.assign(this.#values, values);
    this.#waiting.forEach(look => look());
  }
}

/** useChat without React: the SDK's own chat on its own transport. */
export function newChat({ AbstractChat, DefaultChatTransport }, { id, url, headers, ...transport }) {
  const state = new ChatState();
  const seen = { data: [], finishes: [], toolCalls: 0 };
  const chat = new (class extends AbstractChat {})({
    id,
    state,
    transport: new DefaultChatTransport({ api: `${url}/api/chat`, headers, ...transport }),
    onData: part => seen.data.push(part),
    onFinish: finish => seen.finishes.push(finish),
    onToolCall: () => { seen.toolCalls++; },
  });
  return Object.assign(chat, { seen, when: condition => state.when(() => condition(chat)) });
}

export const partsOf = (chat, type) => chat.lastMessage.parts.filter(part => part.type === type);
export const textOf = chat => (chat.lastMessage?.role === 'assistant' ? partsOf(chat, 'text').map(part => part.text).join('') : '');
