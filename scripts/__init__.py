"""What `make` runs beside the product: locks, Debian packages, the picture of the console.

In: the repository and this machine. Out: files of the repository, installed packages. Nothing here is shipped.
"""
