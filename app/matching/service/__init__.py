"""What somebody says of files by hand."""

from app.matching.service.matching import Matching as Matching
