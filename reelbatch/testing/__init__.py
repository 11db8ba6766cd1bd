"""The contract of render engines, as a pytest plugin: `pytest --engine NAME`.

NAME is an installed engine, or `module:Class` for one that isn't installed. The checks run the
engine in the real pool of confined render processes, on the samples in its package. A sample is a
folder with a `job.json` and the files that it names. docs/extending.md lists the checks.
"""

from reelbatch.testing.samples import Sample, SampleInvalid, read_samples

__all__ = ["Sample", "SampleInvalid", "read_samples"]
