import { useState } from 'react';
import { useSession } from './use-session.js';

/** A part of a message: words, thoughts, or a call of a tool. */
function Part({ part }) {
  if (part.type === 'text') {
    return <p>{part.text}</p>;
  }

  if (part.type === 'reasoning') {
    return <details><summary>Thought</summary>{part.text}</details>;
  }

  return part.type.startsWith('tool-')
    ? <p><code>{part.type.slice(5)}({JSON.stringify(part.input)})</code> {part.state === 'output-available' && <code>{JSON.stringify(part.output)}</code>}</p>
    : null;
}

export function Chat(session) {
  const { messages, sendMessage, status, error, stop } = useSession(session);
  const [text, setText] = useState('');
  const isBusy = status === 'submitted' || status === 'streaming';

  const submit = event => {
    event.preventDefault();
    sendMessage({ text });
    setText('');
  };

  return (
    <main data-status={status}>
      {messages.map(message => (
        <section key={message.id} data-role={message.role}>
          <b>{message.role === 'user' ? 'You' : 'Agent'}</b>
          {message.parts.map((part, at) => <Part key={at} part={part} />)}
        </section>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <form onSubmit={submit}>
        <input aria-label="Message" value={text} onChange={event => setText(event.target.value)} autoFocus />
        <button disabled={isBusy || text.trim() === ''}>Send</button>
        <button type="button" disabled={!isBusy} onClick={stop}>Stop</button>
      </form>
    </main>
  );
}
