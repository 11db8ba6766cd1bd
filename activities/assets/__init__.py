"""What renders need from elsewhere: fetched, cached on disk, and linked into their folders."""
