"""Libraries, their folders and files, and the records of their scans."""
