"""How does a relay behave that is not khatru? rust-nostr's LocalRelay: in memory, no NIP-11, no size limit.

    python relay.py PORT [--auth-dm] [--auth READ|WRITE|BOTH] [--min-pow N] [--max-subscriptions N] [--notes-per-minute N]

Prints `ready ws://127.0.0.1:PORT`. Stop it with SIGTERM (exit code 143).

--auth-dm              gift wraps and direct messages only for their AUTHed recipient
--auth                 AUTH for every read, write or both
--min-pow              NIP-13 difficulty demanded of every event
--max-subscriptions,   the rate limit; LocalRelay's own (60 notes per minute) is too low for most tests, so this
--notes-per-minute     relay starts with high ones

The challenge is sent only together with the first refusal.
"""

import argparse
import asyncio
import inspect

from nostr_sdk import LocalRelayBuilder, LocalRelayBuilderNip42, LocalRelayBuilderNip42Mode, RateLimit


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--auth-dm", action="store_true")
    parser.add_argument("--auth", choices=["READ", "WRITE", "BOTH"])
    parser.add_argument("--min-pow", type=int)
    parser.add_argument("--max-subscriptions", type=int, default=500)
    parser.add_argument("--notes-per-minute", type=int, default=100_000)
    return parser.parse_args()


def build(options):
    limit = RateLimit(max_reqs=options.max_subscriptions, notes_per_minute=options.notes_per_minute)
    builder = LocalRelayBuilder().addr("127.0.0.1").port(options.port).rate_limit(limit)
    if options.auth_dm:
        builder = builder.auth_dm(True)
    if options.auth:
        builder = builder.nip42(LocalRelayBuilderNip42(mode=LocalRelayBuilderNip42Mode[options.auth]))
    if options.min_pow is not None:
        builder = builder.min_pow(options.min_pow)
    return builder.build()


async def main():
    relay = build(parse_arguments())
    await relay.run()
    url = relay.url()
    if inspect.isawaitable(url):
        url = await url
    print("ready", url, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
