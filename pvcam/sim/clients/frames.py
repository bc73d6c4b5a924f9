"""What the scripts have in common."""

import numpy


def number(frame):
    """Returns the number that each row of a frame begins with, after checking that each has it, and its own."""
    low, high, rows = (frame[:, column].astype(int) for column in range(3))
    assert (low == low[0]).all() and (high == high[0]).all(), "a torn frame"
    assert (rows == numpy.arange(len(rows))).all(), "rows in another order"
    return int(low[0] + (high[0] << 16))
