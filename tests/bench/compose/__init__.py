"""Street scenes composed of real pixels on timetables of our own, with their exact truth: what parking is judged on.

In: the shared pictures and clips (never committed), a seed. Out: H.264 clips, an edge.toml and a truth.json each.
`python -m tests.bench.compose --assets DIR --out DIR --seed N`; `tests.bench.parking_scenes` judges them.
"""
