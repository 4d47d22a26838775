"""HJ 212 decoded as devices really send it: a strict verdict beside a tolerant parse, answers, commands; no I/O.

In: bytes of a link, times as arguments, SM4 keys. Out: outcomes with verdict, values, marks, the answer owed, and
frames to send. A library by itself: README.md beside this file.
"""

from edge.sensors.hj212.answers import answer_frame
from edge.sensors.hj212.crc import Variant, check_field
from edge.sensors.hj212.decoder import Decoder, Fate, Outcome, overdue_splits
from edge.sensors.hj212.dialects import FACTORY_MNS, Version
from edge.sensors.hj212.encoder import Draft, encode, frame_of, segment, split
from edge.sensors.hj212.exchange import Exchange, Phase, receive, tick
from edge.sensors.hj212.framing import IDLE_S, MAX_OPEN_BYTES, Link, expire, feed
from edge.sensors.hj212.header import Header
from edge.sensors.hj212.items import Items, Value
from edge.sensors.hj212.memory import DeviceMemory, Devices
from edge.sensors.hj212.message import Message, read
from edge.sensors.hj212.pieces import Frame, Loss, Lost, Noise
from edge.sensors.hj212.requests import Order, Target, first_contact, history, request, set_clock
from edge.sensors.hj212.sealing import seal, unseal
from edge.sensors.hj212.splits import OPEN_S
from edge.sensors.hj212.tolerances import Tolerance, conformity

__all__ = [
    "FACTORY_MNS",
    "IDLE_S",
    "MAX_OPEN_BYTES",
    "OPEN_S",
    "Decoder",
    "DeviceMemory",
    "Devices",
    "Draft",
    "Exchange",
    "Fate",
    "Frame",
    "Header",
    "Items",
    "Link",
    "Loss",
    "Lost",
    "Message",
    "Noise",
    "Order",
    "Outcome",
    "Phase",
    "Target",
    "Tolerance",
    "Value",
    "Variant",
    "Version",
    "answer_frame",
    "check_field",
    "conformity",
    "encode",
    "expire",
    "feed",
    "first_contact",
    "frame_of",
    "history",
    "overdue_splits",
    "read",
    "receive",
    "request",
    "seal",
    "segment",
    "set_clock",
    "split",
    "tick",
    "unseal",
]
