"""After Effects projects: read without After Effects, told, and turned into Lottie documents.

A project is untrusted. `opening`, `chunks` and `library` read it, in confined processes alone;
`model` is what they tell; `conversion` makes a document of a composition and says by `reasons` what
it could not say.
"""

COPY_OF = "copyOf"
"""Of an asset in a document: the id of the composition that it is another state of."""

REPLACEABLE = "replaceable"
"""Of a layer: a picture or video in place of its source keeps its own size. The value is where its
anchor point is then: in the `middle` of the new source, or `kept`."""

CONTROL = "control"
"""Of a layer: the control of Essential Graphics that replaces its source."""
