"""SQL of items and versions, and what upper slices compose with it: tables stay here."""

from app.items.repository.conditions import belongs as belongs
from app.items.repository.conditions import content_by_ids as content_by_ids
from app.items.repository.conditions import counted as counted
from app.items.repository.conditions import has_hdr as has_hdr
from app.items.repository.conditions import has_resolution as has_resolution
from app.items.repository.conditions import held as held
from app.items.repository.conditions import held_by_item as held_by_item
from app.items.repository.conditions import offered_to as offered_to
from app.items.repository.conditions import root_of as root_of
from app.items.repository.conditions import shown_versions as shown_versions
from app.items.repository.conditions import visible_items as visible_items
from app.items.repository.conditions import visible_to as visible_to
from app.items.repository.reading import ItemRepository as ItemRepository
