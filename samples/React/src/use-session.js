import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport } from 'ai';
import { useMemo } from 'react';

const headers = { 'X-AI-SDK-Version': '7' };

/** What was said in a session before. */
export async function readHistory(api, id) {
  const response = await fetch(`${api}/${id}/messages`, { headers });

  if (!response.ok) {
    throw new Error(`The history cannot be read: ${response.status}`);
  }

  return response.json();
}

/**
 * `useChat` for a session of AgentStream. It continues behind the history, with the answer that is under way, and `stop` cancels the
 * run: the SDK's own only closes the connection.
 */
export function useSession({ api, id, history, ...options }) {
  const transport = useMemo(() => new DefaultChatTransport({
    api,
    headers,
    prepareReconnectToStreamRequest: () => ({ api: `${api}/${id}/stream?after=${history.at(-1)?.id ?? ''}`, headers }),
  }), [api, id, history]);
  const chat = useChat({ id, messages: history, transport, resume: true, ...options });
  const stop = () => fetch(`${api}/${id}/cancel`, { method: 'POST' });
  return { ...chat, stop };
}
