"""Cancels as Deps.cancel does: cancel.py PORT PREFIX SCOPE USER SESSION. Prints true if the run was live, else false.

With `and-start` behind it, a run of its own begins at once, as Deps.start does.
"""

import json

from wire import Session, say

session = Session()
was_live = session.redis.getdel(session.live) is not None
if session.rest == ["and-start"]:
    session.redis.set(session.live, 1)
    session.redis.xadd(session.stream, {"type": "begin", "origin": "pydantic-ai-stream", "body": json.dumps({"session_id": session.id})})
say(json.dumps(was_live))
