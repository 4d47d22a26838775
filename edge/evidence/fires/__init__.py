"""What shows a fire seen from a tower: the plume close up, its sequence, what changed, and where it is on the ground.

In: the kept pictures of an act with what their looks measured, and its facts. Out: files of the package, each naming
the files it was made of. The same pictures and facts give the same bytes.
"""
