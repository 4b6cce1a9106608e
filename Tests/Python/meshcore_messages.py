"""Two nodes talk through MeshCore's own Python package: adverts, a message with its acknowledgement, a channel.

Usage: meshcore_messages.py talk PORT PORT         ports on 127.0.0.1 where two companions are served
       meshcore_messages.py send PORT PORT TEXT    sends a message from the first to the second, and leaves it there
       meshcore_messages.py fetch PORT TEXT        fetches a message that waits
       meshcore_messages.py commands PORT PORT     calls the package's methods on the first, prints a table

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


async def introduce(a, b):
    async def introduced():
        for node in (a, b):
            answer = await node.commands.send_advert(flood=True)
            if answer.type != EventType.OK:
                fail(f"send_advert: {answer}")
        await asyncio.sleep(2)
        return await knows(a, b) and await knows(b, a)

    await eventually("adverts heard", introduced)


async def talk(a, b):
    await introduce(a, b)
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


async def send(a, b, text):
    await introduce(a, b)
    await send_until_acknowledged(a, b, text)
    print("message acknowledged", flush=True)


async def fetch(node, text):
    await next_message(node, EventType.CONTACT_MSG_RECV, text)
    print("message fetched", flush=True)
    if (await node.commands.get_msg()).type != EventType.NO_MORE_MSGS:
        fail("it is there twice")


async def call_methods(a, b):
    """What the node answers to each method; those that need an answer of the other node get it."""
    await introduce(a, b)
    commands = a.commands
    other = a.get_contact_by_key_prefix(b.self_info["public_key"][:12])
    key = other["public_key"]
    own_key = (await commands.export_private_key()).payload["private_key"]
    card = (await commands.export_contact(key)).payload["uri"]
    radio = a.self_info
    calls = [
        ("send_appstart", ()), ("send_device_query", ()), ("get_path_hash_mode", ()), ("send_advert", (True,)),
        ("set_name", ("node 0",)), ("set_coords", (50.0, 8.0)), ("get_bat", ()), ("get_time", ()),
        ("set_time", (2_000_000_000,)), ("set_tx_power", (14,)),
        ("set_radio", (radio["radio_freq"], radio["radio_bw"], radio["radio_sf"], radio["radio_cr"])),
        ("set_tuning", (0, 0)), ("get_tuning", ()), ("set_devicepin", (123456,)),
        ("set_telemetry_mode_base", (2,)), ("set_telemetry_mode_loc", (2,)), ("set_telemetry_mode_env", (2,)),
        ("set_manual_add_contacts", (False,)), ("set_advert_loc_policy", (1,)), ("set_multi_acks", (1,)),
        ("get_self_telemetry", ()), ("get_custom_vars", ()), ("set_custom_var", ("gps", "1")),
        ("get_channel", (0,)), ("get_channel", (40,)), ("set_channel", (1, "#heddle")),
        ("export_private_key", ()), ("import_private_key", (own_key,)), ("get_stats_core", ()),
        ("get_stats_radio", ()), ("get_stats_packets", ()), ("get_allowed_repeat_freq", ()),
        ("set_path_hash_mode", (0,)), ("sign", (b"to be signed",)), ("has_connection", ()), ("get_contacts", ()),
        ("get_contact_by_key", (bytes.fromhex(key),)), ("get_advert_path", (key,)), ("get_autoadd_config", ()),
        ("set_autoadd_config", (0,)), ("update_contact", (other,)), ("change_contact_flags", (other, 1)),
        ("share_contact", (key,)), ("export_contact", ()), ("export_contact", (key,)),
        ("import_contact", (bytes.fromhex(card.removeprefix("meshcore://")),)), ("send_msg", (other, "hello")),
        ("send_chan_msg", (0, "hello")), ("send_cmd", (other, "ver")), ("get_msg", ()),
        ("send_statusreq", (key,)), ("send_telemetry_req", (key,)), ("send_login", (key, "password")),
        ("send_logout", (key,)), ("send_path_discovery", (key,)), ("send_trace", (0, 1, 0, key[:2])),
        ("send_raw_data", (b"raw data",)), ("send_control_data", (0x80, b"")), ("set_flood_scope", ("#heddle",)),
        ("reset_flood_scope", ()), ("force_unscoped", ()), ("set_default_flood_scope", ("#heddle",)),
        ("get_default_flood_scope", ()), ("reset_default_flood_scope", ()), ("run_cli_command", ("ver",)),
        ("reset_path", (key,)), ("remove_contact", (key,)),
    ]
    print("| method | answer |\n|---|---|")
    for name, arguments in calls:
        try:
            answer = await asyncio.wait_for(getattr(commands, name)(*arguments), 20)
        except Exception as error:  # the package's own, as of a method that it does not carry out
            answer = f"{type(error).__name__}: {error}"
        shown = answer
        if hasattr(answer, "type"):
            shown = answer.type.name.lower()
            if answer.type == EventType.ERROR:
                shown += f" {answer.payload.get('error_code', answer.payload.get('reason'))}"
        elif isinstance(answer, (int, dict)):
            shown = "a value"
        print(f"| `{name}` | {shown} |", flush=True)


async def main(what, *arguments):
    ports = [argument for argument in arguments if argument.isdigit()]
    nodes = [await connect(int(port)) for port in ports]
    print("connected", flush=True)
    await {"talk": talk, "send": send, "fetch": fetch, "commands": call_methods}[what](*nodes, *arguments[len(ports):])
    for node in nodes:
        await node.disconnect()


asyncio.run(main(*sys.argv[1:]))
