"""Who is meant by credits: by ids first, by names where there are none. Pure, no I/O."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field

from app.core.ids import new_id
from app.people.domain.persons import NamedPerson, PersonId, person_key

Pair = tuple[str, str]
"""An id elsewhere: source and value."""


class Known(Struct, kw_only=True):
    """A person as far as recognising goes. Who is not `identified` is known by name alone;
    `edited` are those of whom somebody has locked a field.
    """

    id: PersonId
    name_key: str
    identified: bool
    portrait_url: str | None = None
    edited: bool = False
    ids: set[Pair] = field(default_factory=set)


class Recognition(Struct, kw_only=True):
    """Who everybody is, in the order they were named, and what is new about that.

    `identified` are persons that were there by name alone, `twins` pairs of whom somebody's ids
    say that they are one: who is to be kept, and who is not.
    """

    ids: list[PersonId] = field(default_factory=list)
    made: dict[PersonId, tuple[str, Known]] = field(default_factory=dict)
    identified: set[PersonId] = field(default_factory=set)
    added: dict[Pair, PersonId] = field(default_factory=dict)
    portraits: dict[PersonId, str] = field(default_factory=dict)
    twins: dict[tuple[PersonId, PersonId], None] = field(default_factory=dict)

    @property
    def news(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.made or self.identified or self.added or self.portraits)


def pairs_of(named: NamedPerson) -> list[Pair]:
    """The ids of a named person, that of the provider first."""
    own = [(s, v) for s, v in named.ids.items() if s == named.provider]
    return [*own, *sorted(pair for pair in named.ids.items() if pair not in own)]


def differ(one: Iterable[Pair], other: Iterable[Pair]) -> bool:
    """Whether two persons cannot be one: a source that knows both knows them by different ids."""
    mine, theirs = _by_source(one), _by_source(other)
    return any(mine[source].isdisjoint(theirs[source]) for source in mine.keys() & theirs.keys())


def _by_source(pairs: Iterable[Pair]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for source, value in pairs:
        found[source].add(value)
    return found


def recognise(named: Sequence[NamedPerson], known: Iterable[Known]) -> Recognition:
    """Who these are, among those who are known by one of their ids or by one of their names.

    By any id; else somebody who was known by that name alone; else somebody new. Who is named
    without an id is whoever is known by that name alone, else the only one who has it.
    """
    return _Recogniser(known).all(named)


class _Recogniser:
    def __init__(self, known: Iterable[Known]) -> None:
        self._persons = {person.id: person for person in known}
        self._by_pair = {pair: p.id for p in self._persons.values() for pair in p.ids}
        self._by_name: dict[str, list[Known]] = defaultdict(list)
        for person in self._persons.values():
            self._by_name[person.name_key].append(person)
        self._found = Recognition()

    def all(self, named: Sequence[NamedPerson]) -> Recognition:
        found: dict[int, PersonId] = {}
        # First those with ids: whom a name alone means depends on who else has it.
        for index in sorted(range(len(named)), key=lambda n: not named[n].ids):
            one = named[index]
            person = self._person(one)
            found[index] = person.id
            for pair in pairs_of(one):
                if pair not in self._by_pair:
                    self._by_pair[pair] = self._found.added[pair] = person.id
                    person.ids.add(pair)
            if one.portrait_url and person.portrait_url is None:
                person.portrait_url = one.portrait_url
                if person.id not in self._found.made:
                    self._found.portraits[person.id] = one.portrait_url
        self._found.ids = [found[index] for index in range(len(named))]
        return self._found

    def _person(self, named: NamedPerson) -> Known:
        first, *others = [*self._of_ids(named)] or [self._of_name(named)]
        for other in others:
            if not (first.edited or other.edited or differ(first.ids, other.ids)):
                self._found.twins[first.id, other.id] = None
        return first

    def _of_ids(self, named: NamedPerson) -> Iterator[Known]:
        ids = (self._by_pair[pair] for pair in pairs_of(named) if pair in self._by_pair)
        yield from (self._persons[person_id] for person_id in dict.fromkeys(ids))

    def _of_name(self, named: NamedPerson) -> Known:
        key = person_key(named.name)
        alike = self._by_name[key]
        free = next((person for person in alike if not person.identified), None)
        if not named.ids:
            return free or (alike[0] if len(alike) == 1 else self._make(named, key))
        if free is None:
            return self._make(named, key)
        # Nobody else of that name can be this person from now on.
        free.identified = True
        if free.id not in self._found.made:
            self._found.identified.add(free.id)
        return free

    def _make(self, named: NamedPerson, key: str) -> Known:
        made = Known(id=PersonId(new_id()), name_key=key, identified=bool(named.ids))
        self._persons[made.id] = made
        self._by_name[key].append(made)
        self._found.made[made.id] = (named.name, made)
        return made
