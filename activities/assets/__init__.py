"""What renders need from elsewhere: fetched, kept on disk, and linked into their folders."""
