"""Follows a run as Deps.listen does: listen.py PORT PREFIX SCOPE USER SESSION WAIT TIMEOUT.

Prints each event as a line of JSON. Exit code 0: `end` came; 3: gave up, since nothing came for WAIT s, or later on for TIMEOUT s.
"""

import json
import sys

from wire import Session, say

session = Session()
wait, timeout = map(int, session.rest)
# Lets a test see in CLIENT LIST that this listener waits.
session.redis.client_setname(f"listener-of-{session.id}")

last, silence = "0", 0
while True:
    answer = session.redis.xread({session.stream: last}, block=1000)
    if not answer:
        if silence >= (wait if last == "0" else timeout):
            sys.exit(3)
        silence += 1
        continue
    silence = 0
    for _, entries in answer:
        for entry_id, fields in entries:
            last = entry_id.decode()
            kind = fields[b"type"].decode()
            if kind == "end":
                sys.exit(0)
            body = json.loads(fields.get(b"body", "{}"))
            say(json.dumps({"type": kind, "origin": fields[b"origin"].decode(), "body": body}))
