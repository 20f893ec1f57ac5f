"""Does what pydantic-ai-stream 0.1.1 does with Redis, as docs/protocol.md tells it, and says how fast that was, as JSON.

python_way.py PORT append RUNS EVENTS | listen RUNS EVENTS LISTENERS | query PREFIX | history PROMPTS TOKENS
"""

import asyncio
import json
import sys
import time

import redis.asyncio

PORT, WHAT, *REST = sys.argv[1:]
RUNTIME, EVENTS = "pydantic-ai-stream", "pydantic-ai"


def connect() -> redis.asyncio.Redis:
    return redis.asyncio.Redis(port=int(PORT))


async def add(client: redis.asyncio.Redis, stream: str, type: str, origin: str, body: dict | None = None) -> None:
    fields = {"type": type, "origin": origin}
    if body is not None:
        fields["body"] = json.dumps(body)
    await client.xadd(stream, fields)


async def start(client: redis.asyncio.Redis, stream: str) -> None:
    await client.set(f"{stream}:live", "1")
    await add(client, stream, "begin", RUNTIME, {"session_id": stream})


async def say(client: redis.asyncio.Redis, stream: str, tokens: int) -> None:
    for _ in range(tokens):
        await add(client, stream, "event", EVENTS, {"idx": 0, "event": "part_delta", "event_idx": 0, "part_delta_kind": "text", "content_delta": " token"})


async def stop(client: redis.asyncio.Redis, stream: str) -> None:
    await add(client, stream, "end", RUNTIME)
    await client.delete(f"{stream}:live")
    await client.expire(stream, 5)


async def append(runs: int, events: int) -> dict:
    client = connect()

    async def run(stream: str) -> None:
        await start(client, stream)
        await say(client, stream, events)
        await stop(client, stream)

    began = time.perf_counter()
    await asyncio.gather(*(run(f"s:{i}") for i in range(runs)))
    return {"rate": runs * events / (time.perf_counter() - began)}


async def listen(runs: int, events: int, listeners: int) -> dict:
    client = connect()
    heard = 0

    async def follow(stream: str) -> None:
        nonlocal heard
        last = "0"
        while True:
            for _, entries in await client.xread({stream: last}, block=1000):
                for last, fields in entries:
                    heard += 1
                    if fields[b"type"] == b"end":
                        return
                    json.loads(fields[b"body"])

    streams = [f"s:{i}" for i in range(runs)]
    for stream in streams:
        await start(client, stream)
    following = [asyncio.create_task(follow(stream)) for stream in streams for _ in range(listeners)]
    while heard < len(following):
        await asyncio.sleep(0.01)

    heard = 0
    began = time.perf_counter()

    async def run(stream: str) -> None:
        await say(client, stream, events)
        await stop(client, stream)

    await asyncio.gather(*(run(stream) for stream in streams), *following)
    return {"rate": heard / (time.perf_counter() - began)}


async def query(prefix: str) -> dict:
    client = connect()
    await client.ping()
    began = time.perf_counter()
    found = [key async for key in client.scan_iter(match=f"{prefix}:1:1:*:live")]
    return {"ms": (time.perf_counter() - began) * 1000, "found": len(found)}


async def history(prompts: int, tokens: int) -> dict:
    client = connect()
    await client.delete("history", "s")
    ms, sent = [], []
    for i in range(prompts):
        before = (await client.info("stats"))["total_net_input_bytes"]
        began = time.perf_counter()
        messages = json.loads(await client.get("history") or "[]")
        await start(client, "s")
        await say(client, "s", tokens)
        messages.append({"parts": [{"content": f"prompt {i}", "timestamp": "2026-01-01T00:00:00Z", "part_kind": "user-prompt"}], "instructions": None, "kind": "request"})
        messages.append({"parts": [{"content": " token" * tokens, "id": None, "part_kind": "text"}], "usage": {}, "model_name": "m", "timestamp": "2026-01-01T00:00:00Z", "kind": "response"})
        await client.set("history", json.dumps(messages))
        await stop(client, "s")
        ms.append((time.perf_counter() - began) * 1000)
        sent.append((await client.info("stats"))["total_net_input_bytes"] - before)
    return {"ms": ms, "bytes": sent}


arguments = [int(argument) if argument.isdecimal() else argument for argument in REST]
print(json.dumps(asyncio.run({"append": append, "listen": listen, "query": query, "history": history}[WHAT](*arguments))))
