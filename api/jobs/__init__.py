"""Jobs: single jobs, joins, and the jobs of batches."""
