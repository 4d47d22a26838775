"""One device model as data: its codes, units and thresholds; adding a model is adding a file."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from contract.errors import ConfigError, Mistake
from contract.settings import did_you_mean, load

FOLDER: Final = Path(__file__).parent
STATE: Final = "state"
Code = Annotated[str, Meta(min_length=1, max_length=64, description="a code as the device sends it")]
Words = Annotated[str, Meta(min_length=1, max_length=300)]


class Factor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One code of a model. `factor` is the name that rules know; `scale` turns the sent number into `unit`.

    `mark`: `sent`: a value without a mark is not known to be good; `never`: this model sends none for it, which its
    maker says, so a value counts as N. States have no mark in the standard and always count as `never`.
    """

    code: Code
    factor: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}(?!\n)$", description="a factor's name")]
    unit: Annotated[str, Meta(max_length=32)]
    scale: Annotated[float, Meta(gt=0)] = 1.0
    mark: Literal["sent", "never"] = "sent"


class Signals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When fan and purifier run, in A; what is not given is the rule's default."""

    fan_on_a: Annotated[float, Meta(ge=0)] | None = None
    fan_off_a: Annotated[float, Meta(ge=0)] | None = None
    purifier_on_a: Annotated[float, Meta(ge=0)] | None = None
    purifier_off_a: Annotated[float, Meta(ge=0)] | None = None


class Register(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value of a Modbus map: `address` from 0, `words` of 16 bits, high word first unless `swapped`."""

    code: Code
    address: Annotated[int, Meta(ge=0, le=65535)]
    table: Literal["holding", "input", "coil", "discrete"] = "holding"
    kind: Literal["uint16", "int16", "uint32", "int32", "float32", "bit"] = "uint16"
    swapped: bool = False


class JsonField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value of an MQTT message: `path` with dots, and where its mark stands (None: none is sent)."""

    code: Code
    path: Words
    mark_path: Words | None = None


class JsonShape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a vendor's JSON tells its time: `time_path` None: it does not, and the receive time counts."""

    time_path: Words | None = None
    time_form: Literal["rfc3339", "unix_s", "unix_ms", "china_14"] = "rfc3339"
    fields: Annotated[tuple[JsonField, ...], Meta(max_length=200)] = field(name="field", default=())


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A device model. `real_time_s` and `minute_s`: how often it reports and over what its minute data are;
    `history`: the command that it answers with what it stored (2011, 2051, 2061).

    `source` says who says so; `ask` are codes that the model is known to send and nobody has explained: they are asked
    about by name.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}(?!\n)$", description="a profile's name")]
    version: Words
    title: Words
    source: Words
    real_time_s: Annotated[float, Meta(ge=1, le=3600)] = 60.0
    minute_s: Annotated[float, Meta(ge=60, le=3600)] = 600.0
    history: Literal["2011", "2051", "2061"] = "2051"
    signals: Signals = Signals()
    ask: tuple[Code, ...] = ()
    factors: Annotated[tuple[Factor, ...], Meta(max_length=200)] = field(name="factor", default=())
    registers: Annotated[tuple[Register, ...], Meta(max_length=200)] = field(name="register", default=())
    json: JsonShape = JsonShape()

    @cached_property
    def by_code(self) -> dict[str, Factor]:
        """The factors by the code that the device sends."""
        return {factor.code: factor for factor in self.factors}


class Known(Struct, frozen=True):
    """A profile and what names its very text in the record."""

    profile: Profile
    sha256: str


def profile_names() -> list[str]:
    """The profiles that lie here, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_profile(name: str) -> Known:
    """A profile by its name, or by the path of a file that ends with .toml; raises ConfigError."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not name.endswith(".toml") and name not in profile_names():
        known = profile_names()
        hint = did_you_mean(name, known) or f"profiles are {', '.join(known)}, or give the path of a .toml file"
        raise ConfigError("profile", (Mistake("profile", None, f"{name[:64]!r} is no profile", hint),))
    try:
        data = path.read_bytes()
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), (Mistake("file", None, f"cannot be read: {error}"),)) from error
    return Known(read_profile(text, str(path)), hashlib.sha256(data).hexdigest())


def read_profile(text: str, source: str) -> Profile:
    """A profile from its text; raises ConfigError with every mistake in it."""
    profile = load(text, source, Profile)
    mistakes = [
        Mistake(f"{table}[{index}].code", None, f"{code!r} stands twice")
        for table, codes in _codes(profile).items()
        for index, code in enumerate(codes)
        if code in codes[:index]
    ]
    if mistakes:
        raise ConfigError(source, tuple(mistakes))
    return profile


def _codes(profile: Profile) -> dict[str, list[str]]:
    return {
        "factor": [one.code for one in profile.factors],
        "register": [one.code for one in profile.registers],
        "json.field": [one.code for one in profile.json.fields],
    }
