"""Whether a template and a team have what a job names.

Asked by the API at submission, and by a worker where the template is a URL that only it has
fetched. So it is below both of them, and above the engines, which say what they have.
"""
