"""The gateway process: cameras in, signed events and evidence out, kept until the centre has them.

In: edge.toml, streams, acks and commands. Out: events and health over MQTT, evidence files over HTTPS.
`edge.supervisor` wires the rooms and is the only place that reads a clock; `edge.commands` is its command line.
"""
