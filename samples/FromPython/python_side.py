"""Stands in for a program with pydantic-ai-stream 0.1.1: does on the wire what that does, and needs only the package redis.

  python_side.py run SESSION PROMPT   runs a prompt: repeats its words, each as a node; keeps the history in SESSION.json
  python_side.py listen SESSION       follows a run, whoever runs it
  python_side.py cancel SESSION       cancels a run, whoever runs it
  python_side.py ls                   lists the live sessions

REDIS (127.0.0.1:6379), PREFIX (pyaix), SCOPE (1), USER_ID (1) and DELAY (0.3 s for each word) are taken from the environment.
"""

import json
import os
import sys
import time
from datetime import datetime, timezone

import redis

host, _, port = os.environ.get("REDIS", "127.0.0.1:6379").partition(":")
client = redis.Redis(host=host, port=int(port or 6379), decode_responses=True)
user = ":".join([os.environ.get("PREFIX", "pyaix"), os.environ.get("SCOPE", "1"), os.environ.get("USER_ID", "1")])


def say(text):
    print(text, flush=True)


def run(session, prompt):
    """As run() does: begin, then before each node a look at the live flag, then end."""
    stream, live = f"{user}:{session}", f"{user}:{session}:live"

    def add(kind, origin, body=None):
        client.xadd(stream, {"type": kind, "origin": origin} | ({} if body is None else {"body": json.dumps(body)}))

    client.set(live, 1)
    add("begin", "pydantic-ai-stream", {"session_id": session})
    try:
        for idx, word in enumerate(prompt.split()):
            time.sleep(float(os.environ.get("DELAY", "0.3")))
            if not client.get(live):
                add("error", "developer", {"msg": "canceled"})
                sys.exit("canceled")
            add("event", "pydantic-ai", {"idx": idx, "event": "llm-begin"})
            add("event", "pydantic-ai", {"idx": idx, "event": "part_start", "event_idx": 0, "part_kind": "text", "content": word})
            add("event", "pydantic-ai", {"idx": idx, "event": "answer"})
            add("event", "pydantic-ai", {"idx": idx, "event": "llm-end"})
            say(word)
        save(session, prompt)
    finally:
        add("end", "pydantic-ai-stream")
        client.delete(live)
        client.expire(stream, 5)


def save(session, prompt):
    """As msgs_to_json() writes a history."""
    now = datetime.now(timezone.utc).isoformat()
    with open(f"{session}.json", "w", encoding="utf-8") as file:
        json.dump(
            [
                {"kind": "request", "parts": [{"content": prompt, "timestamp": now, "part_kind": "user-prompt"}], "instructions": None},
                {"kind": "response", "parts": [{"content": prompt, "part_kind": "text"}], "timestamp": now, "model_name": "echo"},
            ],
            file,
        )


def listen(session):
    """As Deps.listen() does: gives up when nothing comes for a minute."""
    last = "0"
    for _ in range(60):
        while answer := client.xread({f"{user}:{session}": last}, block=1000):
            for last, fields in answer[0][1]:
                if fields["type"] == "end":
                    return
                say(json.dumps({"type": fields["type"], "origin": fields["origin"], "body": json.loads(fields.get("body", "{}"))}))


def cancel(session):
    say("true" if client.getdel(f"{user}:{session}:live") else "false")


def ls():
    for key in client.scan_iter(f"{user}:*:live"):
        say(key.removeprefix(f"{user}:").removesuffix(":live"))


{"run": run, "listen": listen, "cancel": cancel, "ls": ls}[sys.argv[1]](*sys.argv[2:])
