"""Taking in: messages of the broker and files over HTTP become rows and blobs; only then are they acked.

In: `ingest.toml`, MQTT messages, `PUT /evidence/{sha256}`. Out: committed rows (once in effect), write-once blobs,
application acks. If the process dies here, the broker and the gateways send again what was not acked.
"""
