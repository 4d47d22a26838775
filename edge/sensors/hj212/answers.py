"""What a server says back: 9011 to 9014 in the form of the device's version and in the CRC variant it uses itself."""

from __future__ import annotations

from typing import Final

from edge.sensors.hj212.crc import Variant
from edge.sensors.hj212.dialects import VERSION_SHIFT, Version
from edge.sensors.hj212.encoder import Draft, encode
from edge.sensors.hj212.header import Header

INTERACTION: Final = "91"


def answer_frame(header: Header, answer: str, *, variant: Variant | None = None, fields: str = "") -> bytes:
    """The bytes of an answer to a message; `fields` of the data area, as `QnRtn=1`; 2005 repeats QN inside it.

    Send a 9014 only once the message is stored durably: a lost answer costs one duplicate, a lost store evidence.
    """
    old = header.dialect is Version.HJT_2005
    area = [f"QN={header.qn}"] if old and header.qn else []
    draft = Draft(
        qn=None if old else header.qn,
        st=INTERACTION,
        cn=answer,
        pw=header.pw,
        mn=header.mn,
        flag=header.dialect.value << VERSION_SHIFT,
        area=";".join([*area, fields] if fields else area),
    )
    return encode(draft, variant=variant or Variant.HJ)
