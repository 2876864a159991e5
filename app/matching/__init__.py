"""Files of which scans are not sure what they are, and what somebody says of them by hand."""
