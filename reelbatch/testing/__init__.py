"""The contract of render engines, as a pytest plugin: `pytest --engine NAME`.

NAME is an installed engine, or `module:Class` of one that is not. The engine is run in the real
pool of confined render processes against samples that its package brings: one folder each, with a
`job.json` and the files that it names. docs/extending.md tells what is checked.
"""

from reelbatch.testing.samples import Sample, SampleInvalid, read_samples

__all__ = ["Sample", "SampleInvalid", "read_samples"]
