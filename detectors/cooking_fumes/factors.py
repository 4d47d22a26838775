"""The names by which these rules know what a sensor told: profile names, never codes of a protocol.

A profile of a device maps its codes to these; a factor that no profile knows keeps its code, and no rule reads it.
"""

from __future__ import annotations

from typing import Final

FUME: Final = "fume_mg_m3"
PARTICULATE: Final = "particulate_mg_m3"
NMHC: Final = "nmhc_mg_m3"
FAN_STATE: Final = "fan_state"  # 0 off, 1 on; 2 calibration, 3 maintenance, 4 alarm, 5 blow-back: neither
FAN_A: Final = "fan_a"
PURIFIER_STATE: Final = "purifier_state"
PURIFIER_A: Final = "purifier_a"
TEMPERATURE: Final = "temperature_c"
HUMIDITY: Final = "humidity_pct"
FLOW: Final = "flow_m3_h"
PRESSURE_DROP: Final = "purifier_pressure_drop_pa"
FIELD_FAULT: Final = "purifier_field_fault"  # 0 none, 1 fault

POLLUTANTS: Final = (FUME, PARTICULATE, NMHC)
KNOWN: Final = (
    *POLLUTANTS,
    FAN_STATE,
    FAN_A,
    PURIFIER_STATE,
    PURIFIER_A,
    TEMPERATURE,
    HUMIDITY,
    FLOW,
    PRESSURE_DROP,
    FIELD_FAULT,
)
UNITS: Final = {
    FUME: "mg/m3",
    PARTICULATE: "mg/m3",
    NMHC: "mg/m3",
    FAN_STATE: "state",
    FAN_A: "A",
    PURIFIER_STATE: "state",
    PURIFIER_A: "A",
    TEMPERATURE: "Cel",
    HUMIDITY: "%",
    FLOW: "m3/h",
    PRESSURE_DROP: "Pa",
    FIELD_FAULT: "state",
}
GOOD_MARK: Final = "N"  # HJ 212-2017 Table 8: the only mark that can be evidence

# `Reported.doubts` that these rules read; every other doubt is kept in the record and changes nothing here.
CLOCK_OFF: Final = "T12"  # the rules then go by the receive time
INCOMPLETE: Final = "incomplete"
FACTORY_ID: Final = "factory_id"
SCORE_LOW: Final = "score_low"  # conformity under 60: may add to a lead, may not open one
BARRED: Final = (INCOMPLETE, FACTORY_ID)  # never evidence
