"""Checks of a job against its template and its team's fonts.

The API runs them at submission, and a worker if it has just downloaded the job's template. So this
package is below both of them and above the engines, whose features it checks.
"""
