// Keeps conversations over a reload, in the storage of this browser tab and within bounds.
// Transcript and cursor are one record: what was shown and where to go on can never disagree.

const prefix = 'agentstream:';
const index = `${prefix}sessions`;

/** The most runs, characters of JSON and sessions that are kept. */
export const Limits = { runs: 100, chars: 1_500_000, sessions: 10 };

/** The conversation as it was kept, or null. */
export function load(storage, id) {
  const kept = read(storage, prefix + id);
  return kept?.version === 1 && Array.isArray(kept.runs)
    ? { id, cursor: kept.cursor, runs: kept.runs, trimmed: kept.trimmed }
    : null;
}

/** Keeps the conversation; the oldest runs go when there is too much. Never throws: a full storage is no reason to stop a chat. */
export function save(storage, conversation) {
  for (let chars = Limits.chars; chars > 10_000; chars /= 4) {
    try {
      storage.setItem(prefix + conversation.id, JSON.stringify(bounded(conversation, chars)));
      remember(storage, conversation.id);
      return true;
    } catch {
      // Over the browser's quota, or storage is forbidden: less may fit.
    }
  }

  return false;
}

function bounded(conversation, chars) {
  const runs = [];
  let { cursor } = conversation;
  let left = chars;

  for (const run of conversation.runs.slice(-Limits.runs).reverse()) {
    const isLast = runs.length === 0;
    left -= JSON.stringify(run).length;

    if (left >= 0) {
      runs.unshift(run);
    } else if (isLast) {
      // Too long to keep. While it is under way its stream has all of it: keep from where to read it again.
      const isOver = run.status === 'ended';
      runs.unshift({
        ...run, prompt: run.prompt?.slice(0, chars / 4) ?? null, items: [], status: isOver ? 'ended' : 'starting', note: 'long',
      });
      cursor = isOver ? cursor : run.from;
    } else {
      break;
    }
  }

  return { version: 1, cursor, runs, trimmed: conversation.trimmed || runs.length < conversation.runs.length };
}

function remember(storage, id) {
  const known = read(storage, index);
  const ids = [id, ...(Array.isArray(known) ? known : []).filter(other => other !== id)];
  ids.slice(Limits.sessions).forEach(old => storage.removeItem(prefix + old));
  storage.setItem(index, JSON.stringify(ids.slice(0, Limits.sessions)));
}

function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key));
  } catch {
    return null;
  }
}
