"""After Effects projects: read without After Effects, described, and converted to Lottie documents.

A project is untrusted: `opening`, `chunks` and `library` read it only in confined processes, and
return the classes of `model`. `conversion` turns a composition into a document, with `reasons` for
everything that the document cannot express.
"""

COPY_OF = "copyOf"
"""Field of a document's asset: the id of the composition that it is a variant of."""

REPLACEABLE = "replaceable"
"""Field of a layer: a picture or video that replaces its source keeps its own size. The value says
where its anchor point then is: in the `middle` of the new source, or `kept` as it is."""

CONTROL = "control"
"""Field of a layer: the Essential Graphics control that replaces its source."""
