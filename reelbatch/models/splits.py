"""How a long output can be divided."""

from itertools import pairwise

from reelbatch.models.wire import WireModel


class Split(WireModel):
    """An output whose frames may be rendered in segments, on several processes at a time."""

    first_frame: int  # of the composition
    frames: int  # of the output
    frame_rate: float  # frames a second
    most: int  # segments: with more of them, their beginnings would cost more than they save

    def ranges(self, number: int) -> list[range]:
        """The frames of each of `number` segments, which are as long as each other."""
        ends = [self.first_frame + self.frames * done // number for done in range(number + 1)]
        return [range(start, end) for start, end in pairwise(ends)]
