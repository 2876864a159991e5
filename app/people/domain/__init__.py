"""Persons: who they are, how credits name them, and what is changed about them."""

from app.people.domain.changes import MOST_MERGED as MOST_MERGED
from app.people.domain.changes import PersonDetails as PersonDetails
from app.people.domain.changes import PersonEdit as PersonEdit
from app.people.domain.changes import PersonField as PersonField
from app.people.domain.changes import PersonNameTaken as PersonNameTaken
from app.people.domain.changes import PersonNotFound as PersonNotFound
from app.people.domain.changes import check_life as check_life
from app.people.domain.persons import MOST_KEY as MOST_KEY
from app.people.domain.persons import PUNCTUATION as PUNCTUATION
from app.people.domain.persons import Biography as Biography
from app.people.domain.persons import NamedPerson as NamedPerson
from app.people.domain.persons import Person as Person
from app.people.domain.persons import PersonId as PersonId
from app.people.domain.persons import PersonQuery as PersonQuery
from app.people.domain.persons import PersonReferences as PersonReferences
from app.people.domain.persons import PersonSort as PersonSort
from app.people.domain.persons import SearchedPerson as SearchedPerson
from app.people.domain.persons import name_words as name_words
from app.people.domain.persons import person_key as person_key
from app.people.domain.recognition import Known as Known
from app.people.domain.recognition import Pair as Pair
from app.people.domain.recognition import Recognition as Recognition
from app.people.domain.recognition import differ as differ
from app.people.domain.recognition import pairs_of as pairs_of
from app.people.domain.recognition import recognise as recognise
