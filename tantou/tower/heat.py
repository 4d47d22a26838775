"""The event service of the virtual tower: a pull point that tells of hot spots as a thermal camera does."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from edge.patrol.markup import Element

FIRE = "tns1:RuleEngine/Radiometry/TemperatureAlarm"
MOST_WAITING = 100
PULL_S = 1.0  # a real one waits as long as it is asked to


class Heat:
    """Notifications that wait for who pulls them; any thread."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)
        self._told = threading.Condition()
        self.subscriptions = 0

    def tell(
        self,
        *,
        is_hot: bool = True,
        box: tuple[float, float, float, float] | None = None,
        topic: str = FIRE,
        rule: str = "spot-1",
    ) -> None:
        """A change of one rule; `box` in ONVIF's normalised frame: left, top, right, bottom, -1..1, upwards."""
        sides = "" if box is None else " ".join(f'{n}="{v}"' for n, v in zip(_SIDES, box, strict=True))
        shape = (
            f'<tt:ElementItem Name="Region"><tt:Shape><tt:BoundingBox {sides}/></tt:Shape></tt:ElementItem>'
            if sides
            else ""
        )
        message = (
            f'<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
            f"{escape(topic)}</wsnt:Topic><wsnt:Message>"
            f'<tt:Message UtcTime="{self._now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" PropertyOperation="Changed">'
            f'<tt:Source><tt:SimpleItem Name="Rule" Value="{escape(rule)}"/></tt:Source>'
            f'<tt:Data><tt:SimpleItem Name="AlarmActive" Value="{str(is_hot).lower()}"/>{shape}</tt:Data>'
            "</tt:Message></wsnt:Message></wsnt:NotificationMessage>"
        )
        with self._told:
            self._waiting.append(message)
            self._told.notify_all()

    def subscribe(self, address: str) -> str:
        """The answer that names the pull point."""
        with self._told:
            self.subscriptions += 1
            number = self.subscriptions
        return (
            "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
            f"<wsa:Address>{escape(address)}?pull={number}</wsa:Address></tev:SubscriptionReference>"
            "</tev:CreatePullPointSubscriptionResponse>"
        )

    def pull(self, _action: Element) -> str:
        """What waits, or nothing after a while; the wait ends with the first message."""
        with self._told:
            self._told.wait_for(lambda: bool(self._waiting), PULL_S)
            told = "".join(self._waiting)
            self._waiting.clear()
        return f"<tev:PullMessagesResponse>{told}</tev:PullMessagesResponse>"


_SIDES = ("left", "top", "right", "bottom")
