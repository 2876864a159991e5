"""The videos of a batch by their films."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from app.catalog.domain import Details, merged
from app.catalog.service.beside import Beside, Place, places_of
from app.items.domain import ItemId
from app.libraries.domain import FileId
from app.movies.service.candidates import Candidate, candidate_of
from app.naming.service import parse_movie
from app.scanning.domain import ScannedFile, Standing


class Films(Struct):
    """The videos of a batch and whose they are; `known` are those that had a film before, `added`
    the films that were made of others. What is `fixed` by hand is not learnt from its name.
    """

    videos: Sequence[ScannedFile]
    of_file: Mapping[FileId, ItemId]
    known: Collection[FileId]
    added: set[ItemId]
    fixed: Collection[FileId] = ()

    @property
    def changed(self) -> set[ItemId]:
        """Films that were known, with a file that is another now, or at another place."""
        changed = [v.id for v in self.videos if v.standing is Standing.CHANGED]
        return {self.of_file[i] for i in changed if i in self.known} - self._said_by_hand

    @property
    def _said_by_hand(self) -> set[ItemId]:
        return {self.of_file[i] for i in self.fixed if i in self.of_file}

    def news(self, read: Beside) -> dict[ItemId, Details]:
        """What is said beside films where an NFO file is news, all of it together.

        One that comes with a later version only adds: that is not news of the film.
        """
        of_place = self._of_place()
        fresh = {
            self.of_file[v.id]
            for v in self.videos
            if not read.news.isdisjoint(places_of(v))
            and (v.id in self.known or self.of_file.get(v.id) in self.added)
        } - self._said_by_hand
        said: dict[ItemId, list[Details]] = defaultdict(list)
        for video in self._sorted():
            item_id = self.of_file[video.id]
            details = read.of(video, of_place)
            if item_id in fresh and details is not None:
                said[item_id].append(details)
        return {item_id: merged(of_item) for item_id, of_item in said.items()}

    def candidates(self, ids: set[ItemId], read: Beside) -> dict[ItemId, list[Candidate]]:
        """What the names of these films' files say."""
        of_place = self._of_place()
        found: dict[ItemId, list[Candidate]] = defaultdict(list)
        for video in self._sorted():
            if (item_id := self.of_file[video.id]) in ids:
                details = read.of(video, of_place)
                name = parse_movie(video.relative)
                candidate = candidate_of(video, name, details)
                candidate.names[video.id] = name
                candidate.confidences[video.id] = candidate.sure
                found[item_id].append(candidate)
        return found

    def looked_at(self, read: Beside) -> dict[FileId, tuple[ItemId, Candidate]]:
        """Films of known files that are to be read again, with what is said of each now."""
        news = {
            v.id
            for v in self.videos
            if v.id in self.known
            and v.id not in self.fixed
            and (v.standing is Standing.CHANGED or not read.news.isdisjoint(places_of(v)))
        }
        named = self.candidates({self.of_file[i] for i in news}, read) if news else {}
        return {
            i: (film, c)
            for film, some in named.items()
            for c in some
            for i in c.confidences
            if i in news
        }

    def _sorted(self) -> list[ScannedFile]:
        return sorted((v for v in self.videos if v.id in self.of_file), key=lambda v: v.relative)

    def _of_place(self) -> dict[Place, set[ItemId]]:
        found: dict[Place, set[ItemId]] = defaultdict(set)
        for video in self.videos:
            if video.id in self.of_file:
                for place in places_of(video):
                    found[place].add(self.of_file[video.id])
        return found
