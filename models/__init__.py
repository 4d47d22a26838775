"""What looks at pictures: model cards, their weights, the runtimes that run them, and how good they are.

In: frames as BGR arrays and the name or path of a card. Out: `Detection` lists, and figures of how good they are.
A weight that is not exactly what its card says is refused with the reason; torch lives in `models/training` only.
"""

from models.cards import Card, read_card
from models.detector import Detector, open_detector
from models.registry import Registry

__all__ = ["Card", "Detector", "Registry", "open_detector", "read_card"]
