"""Which gift wraps and NIP-44 payloads does an independent implementation (rust-nostr) write and accept?

One request as JSON on stdin (keys are secrets, so they do not go on the command line), one JSON answer on stdout.
A refusal (spoofed sender, bad signature, wrong key) is exit code 1 with the reason on stderr.

    {"op": "wrap", "secretKey", "recipient", "text", "tags"?}   -> the kind 1059 event (NIP-17, rumor kind 14)
    {"op": "unwrap", "secretKey", "event"}                      -> {"sender", "rumor"}
    {"op": "encrypt", "secretKey", "peer", "text"}              -> the NIP-44 payload as a string
    {"op": "decrypt", "secretKey", "peer", "payload"}           -> the text
"""

import json
import sys

from nostr_sdk import (
    Event,
    Keys,
    Nip44Version,
    NostrSdkError,
    PublicKey,
    SecretKey,
    Tag,
    UnwrappedGift,
    nip17_make_private_msg,
    nip44_decrypt,
    nip44_encrypt,
)


def wrap(request):
    keys = Keys.parse(request["secretKey"])
    recipient = PublicKey.parse(request["recipient"])
    tags = [Tag.parse(tag) for tag in request.get("tags", [])]
    event = nip17_make_private_msg(keys, recipient, request["text"], rumor_extra_tags=tags)
    return json.loads(event.as_json())


def unwrap(request):
    event = Event.from_json(json.dumps(request["event"]))
    gift = UnwrappedGift.from_gift_wrap(Keys.parse(request["secretKey"]), event)
    return {"sender": gift.sender().to_hex(), "rumor": json.loads(gift.rumor().as_json())}


def encrypt(request):
    secret_key = SecretKey.parse(request["secretKey"])
    return nip44_encrypt(secret_key, PublicKey.parse(request["peer"]), request["text"], Nip44Version.V2)


def decrypt(request):
    secret_key = SecretKey.parse(request["secretKey"])
    return nip44_decrypt(secret_key, PublicKey.parse(request["peer"]), request["payload"])


OPERATIONS = {"wrap": wrap, "unwrap": unwrap, "encrypt": encrypt, "decrypt": decrypt}


def main():
    request = json.load(sys.stdin)
    try:
        answer = OPERATIONS[request["op"]](request)
    except NostrSdkError as error:
        sys.exit(f"refused: {error}")
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
