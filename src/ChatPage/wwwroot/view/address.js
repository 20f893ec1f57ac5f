// Which session the address bar names.

import { isSessionId } from '../model/api.js';

/** The session of the address: `#s=<id>`, or `?session=<id>` as others may link it. Not URLSearchParams: a + in an id is a +. */
export function sessionOf({ hash, search }) {
  const match = /^#s=([^&]*)/.exec(hash) ?? /[?&]session=([^&]*)/.exec(search);

  try {
    const id = match && decodeURIComponent(match[1]);
    return isSessionId(id) ? id : null;
  } catch {
    return null;
  }
}

/** The address of a new conversation: all that this one has, but its session. */
export function addressOfNew({ pathname, search }) {
  return pathname + search.replace(/([?&])session=[^&]*&?/, '$1').replace(/[?&]$/, '');
}
