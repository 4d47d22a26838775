"""The patrol of a tower's camera: go to a preset, settle, verify what is seen, look, go on; people have priority.

In: what the head says (ONVIF) and pictures. Out: frames that show a verified preset, moves of the head, its health.
`tour` is the fold of states without effects; `onvif`, `register` and `patrol` are the border.
"""
