"""Jobs: single ones, joins, and those of batches."""
