"""A centre that acks every event in batches, as a process of its own: `python -m tests.bench.acking_centre PORT`."""

from __future__ import annotations

import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contract import codec
from contract.acks import Ack, Acks
from contract.times import utc_from_ns
from contract.topics import Topic, upward_filter
from tests.integration.broker import CENTRE, CENTRE_PASSWORD, GATEWAY, TOWN

BATCH_WINDOW_S = 0.02
BATCH_MAX = 500
AT = utc_from_ns(1_800_000_000_000_000_000)


def main(port: int) -> None:
    """Until it is killed; prints `ready` once it is subscribed."""
    ids: list[str] = []
    lock, arrived = threading.Lock(), threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-centre", clean_session=False)

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        with lock:
            ids.append(codec.decode(bytes(message.payload)).id)
        arrived.set()

    client.username_pw_set(CENTRE, CENTRE_PASSWORD)
    client.max_inflight_messages_set(1000)
    client.on_message = on_message
    client.on_connect = lambda client, *_: client.subscribe(upward_filter("event"), 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    while True:
        arrived.wait()
        threading.Event().wait(BATCH_WINDOW_S)
        arrived.clear()
        with lock:
            batch, ids[:] = ids[:], []
        for start in range(0, len(batch), BATCH_MAX):
            acks = tuple(Ack(id=one, result="stored") for one in batch[start : start + BATCH_MAX])
            message = codec.Message(id="acks", source="/bench", time=AT, data=Acks(at=AT, acks=acks))
            client.publish(str(Topic(TOWN, GATEWAY, "ack")), codec.encode(message), qos=1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
