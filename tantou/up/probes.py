"""Is it really there? One question for each child, asked over the wire it serves."""

from __future__ import annotations

import http.client
import socket
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

ANSWER_LIMIT_S = 2.0


def broker_answers(port: int, username: str, password: str) -> bool:
    """Whether the broker lets that user in (MQTT CONNECT, CONNACK)."""
    let_in = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="up-probe", protocol=mqtt.MQTTv311)
    client.username_pw_set(username, password)

    def on_connect(_client: mqtt.Client, _data: object, _flags: object, reason: object, _properties: object) -> None:
        if not getattr(reason, "is_failure", True):
            let_in.set()

    client.on_connect = on_connect
    try:
        client.connect("127.0.0.1", port)
    except OSError:
        return False
    client.loop_start()
    answered = let_in.wait(ANSWER_LIMIT_S)
    client.disconnect()
    client.loop_stop()
    return answered


def http_answers(port: int, path: str) -> bool:
    """Whether an HTTP server answers that path with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_LIMIT_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def rtsp_answers(port: int) -> bool:
    """Whether an RTSP server answers OPTIONS."""
    ask = f"OPTIONS rtsp://127.0.0.1:{port}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_LIMIT_S) as connection:
            connection.sendall(ask)
            return connection.recv(64).startswith(b"RTSP/1.0 200")
    except OSError:
        return False
