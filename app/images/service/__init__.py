"""Pictures as they are fetched, kept, made in sizes, chosen and given out."""

from app.images.service.choosing import ArtworkChoice as ArtworkChoice
from app.images.service.images import Images as Images
