"""Two nodes talk through MeshCore's own Python package: adverts, a message with its acknowledgement, a channel.

Usage: meshcore_messages.py PORT PORT    ports on 127.0.0.1 where two companions are served

Prints what came true, one line each, and ends with status 1 at the first thing that did not.
"""

import asyncio
import sys

from meshcore import EventType, MeshCore

# How long a packet may take on a slow LoRa mesh, in seconds.
PATIENCE = 60


def fail(what):
    print(f"FAILED: {what}", flush=True)
    sys.exit(1)


async def connect(port):
    node = await MeshCore.create_tcp("127.0.0.1", port)
    if node is None or not node.self_info:
        fail(f"no node at port {port}")
    answer = await node.commands.send_device_query()
    if answer.type != EventType.DEVICE_INFO:
        fail(f"device query: {answer}")
    return node


async def eventually(what, attempt):
    """Tries again until something comes true; adverts may be lost."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < end:
        if await attempt():
            print(what, flush=True)
            return
        await asyncio.sleep(1)
    fail(what)


async def knows(node, other):
    await node.commands.get_contacts()
    return node.get_contact_by_key_prefix(other.self_info["public_key"][:12]) is not None


async def next_message(node, kind, text):
    """Fetches messages until one with this text comes."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < end:
        event = await node.commands.get_msg()
        if event.type == kind and event.payload["text"].endswith(text):
            return event.payload
        if event.type == EventType.NO_MORE_MSGS:
            await asyncio.sleep(0.2)
    fail(f"no message {text}")


async def send_until_acknowledged(sender, receiver, text):
    contact = sender.get_contact_by_key_prefix(receiver.self_info["public_key"][:12])
    for attempt in range(4):
        sent = await sender.commands.send_msg(contact, text, attempt=attempt)
        if sent.type != EventType.MSG_SENT:
            fail(f"send_msg: {sent}")
        code = sent.payload["expected_ack"].hex()
        ack = await sender.wait_for_event(EventType.ACK, attribute_filters={"code": code}, timeout=10)
        if ack is not None:
            return
    fail("no acknowledgement")


async def main(ports):
    nodes = [await connect(port) for port in ports]
    a, b = nodes
    print("connected", flush=True)

    async def introduced():
        for node in nodes:
            answer = await node.commands.send_advert(flood=True)
            if answer.type != EventType.OK:
                fail(f"send_advert: {answer}")
        await asyncio.sleep(2)
        return await knows(a, b) and await knows(b, a)

    await eventually("adverts heard", introduced)

    await send_until_acknowledged(a, b, "hello from a")
    message = await next_message(b, EventType.CONTACT_MSG_RECV, "hello from a")
    if not a.self_info["public_key"].startswith(message["pubkey_prefix"]):
        fail(f"the message is of {message['pubkey_prefix']}")
    print("message acknowledged", flush=True)

    answer = await b.commands.send_chan_msg(0, "to everybody")
    if answer.type != EventType.OK:
        fail(f"send_chan_msg: {answer}")
    message = await next_message(a, EventType.CHANNEL_MSG_RECV, "to everybody")
    if message["channel_idx"] != 0 or not message["text"].startswith(b.self_info["name"] + ": "):
        fail(f"channel message: {message}")
    print("channel message received", flush=True)

    for node in nodes:
        await node.disconnect()


asyncio.run(main([int(port) for port in sys.argv[1:3]]))
