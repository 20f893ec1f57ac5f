// Tells the other tabs of this browser that there is something to look at. It is a hint, no more: what there is, the server says.

const Name = 'agentstream';

/**
 * @param {(hint: {id: string, kind: 'run' | 'gone'}) => void} onHint  Another tab says something.
 * @returns {(hint: object) => void} Tells the others.
 */
export function tellTabs(onHint) {
  if (typeof BroadcastChannel === 'undefined') {
    return () => { };
  }

  // Two servers, or two mounts of one, are not each other's business.
  const channel = new BroadcastChannel(`${Name}:${new URL('.', location.href).pathname}`);
  channel.addEventListener('message', ({ data }) => onHint(data));
  return hint => channel.postMessage(hint);
}
