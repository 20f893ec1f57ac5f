import { createRoot } from 'react-dom/client';
import { Chat } from './chat.jsx';
import { readHistory } from './use-session.js';

const api = import.meta.env.VITE_API ?? 'http://127.0.0.1:5080/api/chat';

// The session is in the address, so that a reload shows it again.
location.hash ||= Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
const id = location.hash.slice(1);
const root = createRoot(document.getElementById('root'));

try {
  root.render(<Chat api={api} id={id} history={await readHistory(api, id)} />);
} catch (error) {
  root.render(<p role="alert">{error.message}</p>);
}
