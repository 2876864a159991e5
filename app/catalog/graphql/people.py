"""Persons and what they did, as the API shows them."""

from collections.abc import Collection as Ids
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry

from app.catalog.domain import Credit, CreditKind, ExternalId, PersonCredit
from app.catalog.graphql.content import ExternalIdView, MediaItemView
from app.core.access import Permission, Viewer
from app.core.page import Keyset, Listing, Page
from app.core.speaking import spoken
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First, Length, Ref, Tag
from app.gql.connection import Connection
from app.gql.edge import ANY_NODE, Argument, Batch, arg, edge
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.view import Node, field, view
from app.images.graphql import ARGUMENTS as ARTWORK_ARGUMENTS
from app.images.graphql import ArtworkView, ShownArtwork, artwork_shown
from app.items.domain import ItemId
from app.people.domain import (
    MOST_MERGED,
    Person,
    PersonEdit,
    PersonField,
    PersonId,
    PersonQuery,
    PersonSort,
    name_words,
)

if TYPE_CHECKING:
    from app.container import Container

IN_LANGUAGE: Final = Argument(
    str | None, None, (Tag(),), "The language, as a BCP 47 tag such as `pt-BR`; by default yours."
)
PersonRef = Annotated[UUID, Ref("person"), Doc("Id of a person.")]

expose(
    CreditKind,
    "The part that somebody took.",
    {
        CreditKind.CAST: "In front of the camera.",
        CreditKind.GUEST: "In single episodes.",
        CreditKind.CREW: "Behind the camera.",
    },
)
expose(
    PersonSort,
    "Sort order of people.",
    {
        PersonSort.NAME: "By name.",
        PersonSort.POPULARITY: "By how much they are talked of, then by name.",
    },
)
expose(
    PersonField,
    "What is told of a person, and can be locked.",
    {
        PersonField.NAME: "Name.",
        PersonField.BIOGRAPHY: "Biography, in all languages.",
        PersonField.BIRTH_DATE: "Date of birth.",
        PersonField.DEATH_DATE: "Date of death.",
        PersonField.BIRTH_PLACE: "Place of birth.",
        PersonField.DEPARTMENT: "What they are known for.",
        PersonField.HOMEPAGE: "Home page.",
        PersonField.ALSO_KNOWN_AS: "Other names.",
    },
)


async def person_by_id(
    app: "Container", viewer: Viewer, ids: Ids[PersonId]
) -> Mapping[PersonId, Person]:
    return await app.person_repository.by_ids(viewer.scope, ids)


async def biography_by_person(
    app: "Container", viewer: Viewer, ids: Ids[PersonId], language: str | None
) -> Mapping[PersonId, str | None]:
    found = await app.person_repository.biographies(viewer.scope, ids)
    asked = viewer.language if language is None else language
    return {i: spoken(asked, "", None, (None, b.own), b.by_language) for i, b in found.items()}


async def external_ids_by_person(
    app: "Container", viewer: Viewer, ids: Ids[PersonId]
) -> Mapping[PersonId, list[ExternalId]]:
    found = await app.person_repository.external_ids(viewer.scope, ids)
    return {
        person_id: [ExternalId(source=source, value=value) for source, value in pairs]
        for person_id, pairs in found.items()
    }


async def artwork_by_person(
    app: "Container", viewer: Viewer, ids: Ids[PersonId], **given: Any
) -> Mapping[UUID, list[ShownArtwork]]:
    seen = await app.person_repository.by_ids(viewer.scope, ids)
    return artwork_shown(app, await app.artwork_repository.of_people(list(seen)), given)


async def credits_by_person(
    app: "Container", viewer: Viewer, ids: Ids[PersonId], first: int
) -> Mapping[PersonId, tuple[PersonCredit, ...]]:
    return await app.credit_repository.of_persons(viewer.scope, ids, first)


def credits_by_item(kind: CreditKind) -> Batch:
    """The batch of one kind of credits."""

    async def by_item(
        app: "Container", viewer: Viewer, ids: Ids[ItemId], first: int
    ) -> Mapping[ItemId, tuple[Credit, ...]]:
        return await app.catalog_repository.credits_of(viewer.scope, ids, kind, first)

    return by_item


cast_by_item = credits_by_item(CreditKind.CAST)
guests_by_item = credits_by_item(CreditKind.GUEST)
crew_by_item = credits_by_item(CreditKind.CREW)


@view(PersonCredit)
class PersonCreditView:
    """What a person did for a movie or show."""

    kind: CreditKind = field("The part that they took.")
    character: str | None = field("Character played, in most of the episodes; null for crew.")
    job: str | None = field("Job, such as Director; null for cast.")
    department: str | None = field("Department of the job, such as Directing.")
    episode_count: int | None = field(
        "In how many episodes that you may see, where episodes name them.",
        of=lambda credit: credit.episodes,
    )
    item: MediaItemView | None = edge(ANY_NODE, "The movie or show.", key="item")


@view(Person, node="person", load=person_by_id, access=Permission.MOVIES_GET)
class PersonView(Node):
    """A member of the cast or crew of something in your libraries."""

    name: str = field("Name.")
    portrait_url: str | None = field(
        "Address of a portrait elsewhere, from an NFO file or a provider."
    )
    artwork: list[ArtworkView] = edge(artwork_by_person, "Portraits.", **ARTWORK_ARGUMENTS)
    biography: str | None = edge(
        biography_by_person,
        "Biography, in your language if there is one.",
        language=IN_LANGUAGE,
    )
    birth_date: date | None = field("Date of birth.")
    death_date: date | None = field("Date of death.")
    birth_place: str | None = field("Place of birth.")
    department: str | None = field("What they are known for, such as Acting.")
    homepage: str | None = field("Address of their home page.")
    also_known_as: list[str] = field("Other names.")
    locked_fields: list[PersonField] = field(
        "What refreshes leave as it is.",
        of=lambda person: [PersonField(name) for name in person.locks],
    )
    external_ids: list[ExternalIdView] = edge(
        external_ids_by_person, "Ids in external databases.", max=20, usual=3
    )
    credits: list[PersonCreditView] = edge(
        credits_by_person,
        "What they did in your libraries, the newest release first; for a show's episodes one"
        " line.",
        first=arg(int, 20, le=200),
    )


@view(Credit)
class CreditView:
    """A member of the cast or crew of a movie, show or episode, or a guest star."""

    character: str | None = field("Character played; null for crew.")
    job: str | None = field("Job, such as Director; null for cast.")
    person: PersonView | None = edge(person_by_id, "The person.", key="person_id")


@strawberry.input(description="Changes to a person; omitted fields stay as they are.")
class EditPersonInput:
    """Argument of `editPerson`."""

    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Name, 1 to 200 characters."
    )
    biography: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Biography, at most 20,000 characters; it is shown in all languages.",
    )
    birth_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="Date of birth."
    )
    death_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="Date of death."
    )
    birth_place: str | None = strawberry.field(
        default=strawberry.UNSET, description="Place of birth, at most 200 characters."
    )
    locked: list[PersonField] | None = strawberry.field(
        default=strawberry.UNSET,
        description="All fields that refreshes leave as they are, beside those that are changed"
        " here; an empty list leaves only those.",
    )


@strawberry.type
class PersonRoots:
    """Queries about people."""

    @query(PersonView | None, access=Permission.MOVIES_GET, shared=True)
    async def person(self, info: Info, id: PersonRef) -> Any:  # noqa: A002, ARG002
        """A person by their id; null if they took part in nothing that you may see."""
        return id

    @query(Connection[PersonView], access=Permission.MOVIES_LIST, shared=True)
    async def people(
        self,
        info: Info,
        search: Annotated[
            str | None,
            Length(1, 100),
            Doc("Words that names have words beginning with; accents do not matter."),
        ] = None,
        sort: Annotated[PersonSort, Doc("Sort order.")] = PersonSort.NAME,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """People who took part in something in your libraries."""
        repository, scope = info.app.person_repository, info.viewer.scope
        asked = PersonQuery(words=name_words(search or ""), sort=sort)
        if search is not None and not asked.words:
            return Listing(Page(ids=()), _none)
        page = await repository.page(scope, asked, Keyset(first, after))
        return Listing(page, lambda: repository.count(scope, asked))


async def _none() -> int:
    return 0


@strawberry.type
class PersonMutations:
    """Changes of people."""

    @mutation(PersonView, access=Permission.METADATA_UPDATE)
    async def edit_person(
        self,
        info: Info,
        id: PersonRef,  # noqa: A002
        input: Annotated[EditPersonInput, Doc("The changes.")],  # noqa: A002
    ) -> PersonId:
        """Change what is told of a person. What you change is locked: refreshes leave it alone."""
        given = {k: v for k, v in vars(input).items() if v is not strawberry.UNSET}
        locked = given.pop("locked", None)
        values = {PersonField(name): value for name, value in given.items()}
        edit = PersonEdit(values=values, locked=None if locked is None else tuple(locked))
        return await info.app.people.edit(info.viewer, PersonId(id), edit)

    @mutation(PersonView, access=Permission.METADATA_UPDATE)
    async def merge_people(
        self,
        info: Info,
        keep_id: Annotated[UUID, Ref("person"), Doc("Id of the person who stays.")],
        merge_ids: Annotated[
            list[UUID],
            Ref("person"),
            Length(1, MOST_MERGED),
            Doc(f"Ids of 1 to {MOST_MERGED} persons who are the same."),
        ],
    ) -> PersonId:
        """Make several people one, who has all their credits, ids and pictures; the others are no
        more. It cannot be undone.
        """
        gone = [PersonId(i) for i in merge_ids]
        return await info.app.people.merge(info.viewer, PersonId(keep_id), gone)
