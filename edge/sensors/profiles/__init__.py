"""Profiles of devices: which code of a model is which factor, in what unit, and when its machines run.

In: the name of a profile that lies here, or the path of a TOML file. Out: a `Profile`, or every mistake in the file.
A code that a profile does not name is nobody's guess: it is kept under its own name, shown, and asked about.
"""

from edge.sensors.profiles.profile import Factor, Known, Profile, load_profile, profile_names, read_profile

__all__ = ["Factor", "Known", "Profile", "load_profile", "profile_names", "read_profile"]
