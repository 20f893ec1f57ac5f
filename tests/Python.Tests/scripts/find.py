"""Finds a user's live sessions as q does: find.py PORT PREFIX SCOPE USER. Prints the session ids, a line each."""

import sys

import redis

from wire import say

port, prefix, scope, user = sys.argv[1:]
for key in redis.Redis(port=int(port)).scan_iter(f"{prefix}:{scope}:{user}:*:live"):
    say(key.decode().rsplit(":", 4)[-2])
