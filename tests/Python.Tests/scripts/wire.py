"""The keys of a session, and a connection: what the scripts share. Each does on the wire what pydantic-ai-stream 0.1.1 does."""

import sys

import redis


class Session:
    """Takes port, prefix, scope, user and session from the command line; `rest` are the arguments behind them."""

    def __init__(self) -> None:
        port, prefix, scope, user, self.id, *self.rest = sys.argv[1:]
        self.stream = f"{prefix}:{scope}:{user}:{self.id}"
        self.live = f"{self.stream}:live"
        self.redis = redis.Redis(port=int(port))


def say(text: str) -> None:
    print(text, flush=True)
