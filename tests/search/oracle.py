"""What a viewer may be told, worked out document by document."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping

from app.core.access import Scope, within
from app.search.domain import Between, Document, OneOf, Search, SearchKind, words_of
from app.search.service.collections import COLLECTIONS


class Oracle:
    """Some documents, without any index."""

    def __init__(self, documents: Collection[Document]) -> None:
        self.documents = {document.id: document for document in documents}

    def visible(self, scope: Scope, kinds: Collection[SearchKind]) -> Iterator[Document]:
        """What the viewer may see of these kinds."""
        for document in self.documents.values():
            if document.kind in kinds and sees(scope, document):
                yield document

    def filtered(self, scope: Scope, asked: Search) -> list[Document]:
        """What a question without a text finds."""
        inside = within(scope, asked.filters.libraries)
        return [
            document
            for document in self.visible(inside, asked.kinds)
            if all(has(document, one) for one in asked.filters.values)
            and all(lies(document, one) for one in asked.filters.ranges)
        ]

    def words(self, scope: Scope, kinds: Collection[SearchKind]) -> frozenset[str]:
        """The words of titles that the viewer may see; of accounts where they are asked for."""
        told = {kind for kind in SearchKind if COLLECTIONS[kind].scoped or kind in kinds}
        return frozenset(
            form
            for document in self.visible(scope, told)
            for name in COLLECTIONS[document.kind].titles
            for text in document.texts.get(name, ())
            for forms in words_of(text)
            for form in forms
        )


def sees(scope: Scope, document: Document) -> bool:
    """Whether any place where it is may be seen; accounts are in none."""
    if document.kind is SearchKind.USER:
        return True
    return any(scope.admits(sight.library_id, sight.age) for sight in document.sights)


def has(document: Document, wanted: OneOf) -> bool:
    """Whether it has one of the values."""
    return not set(wanted.values).isdisjoint(document.facets.get(wanted.facet, ()))


def lies(document: Document, wanted: Between) -> bool:
    """Whether its number lies between."""
    number = document.numbers.get(wanted.number)
    if number is None:
        return False
    above = wanted.least is None or number >= wanted.least
    return above and (wanted.most is None or number <= wanted.most)


def counted(documents: Collection[Document], names: Collection[str]) -> Mapping[str, Counter[str]]:
    """How many have which value, by facet."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        for name in names:
            found[name].update(document.facets.get(name, ()))
    return found
