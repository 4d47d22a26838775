"""What proves an act: stills, overlay copies, clips, the tape of observations, signed manifests, the candidate store.

In: holds, drops and orders of the judge, frames, the packet ring. Out: package folders that `tantou verify` passes.
If the process dies, what was held is in the candidate store; a package is as before or whole in its new revision.
"""
