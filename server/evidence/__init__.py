"""Evidence as people may see it: the list, the signed manifest, each file, and the whole package.

In: a lead and a hash that its revisions name. Out: exact bytes, never changed; every look is in the audit.
"""
