"""Writes a run as run() does, step by step: write.py PORT PREFIX SCOPE USER SESSION AGO.

Each line of the input is a step, and is answered with a line when it is done:
  start            raises the live flag, adds begin
  node             what run() does before each request to the model: canceled unless the flag is there, else llm-begin
  event BODY       adds an event of the model's; BODY is JSON, written as json.dumps writes it
  bare TYPE        adds an entry without a body
  pause S          does nothing for S seconds
  end, down, expire  the three steps of stop(); `stop` is all three
AGO is how many seconds in the past the entries are written.
"""

import json
import sys
import time
from typing import Any

from wire import Session, say

RUNTIME, MODEL = "pydantic-ai-stream", "pydantic-ai"
GRACE = 60  # run() has 5 s, within which a busy machine may look at nothing
session = Session()
ago = int(session.rest[0])
entry_id = f"{int((time.time() - ago) * 1000)}-*" if ago else "*"
nodes = 0


def add(kind: str, origin: str, body: Any = None) -> None:
    fields = {"type": kind, "origin": origin}
    if body is not None:
        fields["body"] = json.dumps(body)
    session.redis.xadd(session.stream, fields, id=entry_id)


def stop() -> None:
    add("end", RUNTIME)
    session.redis.delete(session.live)
    session.redis.expire(session.stream, GRACE)


for line in sys.stdin:
    step, _, rest = line.strip().partition(" ")
    answer = step
    if step == "start":
        session.redis.set(session.live, 1)
        add("begin", RUNTIME, {"session_id": session.id})
    elif step == "node":
        if session.redis.get(session.live) is None:
            add("error", "developer", {"msg": "canceled"})
            stop()
            answer = "canceled"
        else:
            add("event", MODEL, {"idx": nodes, "event": "llm-begin"})
            nodes += 1
    elif step == "event":
        add("event", MODEL, json.loads(rest))
    elif step == "bare":
        add(rest, "developer")
    elif step == "pause":
        time.sleep(float(rest))
    elif step == "end":
        add("end", RUNTIME)
    elif step == "down":
        session.redis.delete(session.live)
    elif step == "expire":
        session.redis.expire(session.stream, GRACE)
    elif step == "stop":
        stop()
    else:
        sys.exit(f"unknown step: {step}")
    say(answer)
