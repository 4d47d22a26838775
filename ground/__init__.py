"""Places on the ground: from a tower's pixel to a bearing, a place and its error ellipse, and back. Pure mathematics.

In: calibrations, aims, pixels, terrain, polygons. Out: sights, fixes (place + covariance), shares of grid cells.
Local frames are metres east, north, up of an origin; angles are degrees, azimuth clockwise from true north; WGS 84
outside.
"""
