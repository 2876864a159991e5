"""Statements that are compiled once: what is known of one is never taken for another."""

import gc
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ARRAY, Integer, Select, Uuid, any_, bindparam, column, literal, select, table
from sqlalchemy.exc import InvalidRequestError

from app.container import Container
from app.core.asked import array
from app.core.statements import KNOWN_STATEMENTS, Statements

things = table("test_things", column("id", Uuid), column("size", Integer))
IDS = bindparam("ids", type_=ARRAY(Uuid))
BY_IDS = select(things).where(things.c.id == any_(IDS), things.c.size > 5)
ONE = UUID(int=1)


def test_a_constant_is_bound_anew_each_time() -> None:
    statements, plain = Statements(), Statements()
    for ids in ([ONE], [], [UUID(int=2), ONE]):
        found = statements.compile(BY_IDS, {"ids": ids})
        assert found == Statements().compile(BY_IDS, {"ids": ids})
        assert found.args == [ids, 5]
    assert plain.compile(select(things).where(things.c.size > 6), {}).args == [6]


def test_statements_of_one_shape_keep_their_own_values() -> None:
    statements = Statements()
    made = [select(things.c.id).where(things.c.size == n) for n in range(50)]
    for _ in range(3):
        assert [statements.compile(one, {}).args for one in made] == [[n] for n in range(50)]
    assert len(statements._shapes) == 1


def test_a_statement_that_is_gone_is_not_known_by_its_address() -> None:
    """A new one often gets the address of one that was just given up."""
    gc.freeze()  # what other tests have left behind is not looked at here
    statements = Statements()
    addresses: set[int] = set()
    for n in range(2000):
        statement: Select[Any] = select(things.c.id).where(things.c.size == n)
        addresses.add(id(statement))
        assert statements.compile(statement, {}).args == [n]
        del statement
    assert len(addresses) < 2000
    gc.collect()
    assert len(statements._known) <= 1  # what was compiled keeps the first of its shape


def test_other_parameters_than_before_are_looked_at_again() -> None:
    statements = Statements()
    least = bindparam("least", 3, type_=Integer)
    statement = select(things.c.id).where(things.c.size > least)
    for params, value in (({}, 3), ({"least": 4}, 4), ({}, 3), ({"least": 5}, 5)):
        assert statements.compile(statement, params).args == [value]
    assert statements.compile(BY_IDS, {"ids": [ONE]}).args == [[ONE], 5]
    with pytest.raises(InvalidRequestError, match="ids"):
        statements.compile(BY_IDS, {})


def test_a_parameter_that_stands_twice_is_given_once() -> None:
    statements = Statements()
    size = bindparam("size", type_=Integer)
    statement = select(size).where(things.c.size == size)
    for n in range(3):
        question = statements.compile(statement, {"size": n})
        assert set(question.args) == {n}
        assert question.sql.count("$1") + question.sql.count("$2") == 2


def test_what_is_known_is_bounded() -> None:
    statements = Statements()
    kept = [select(literal(n)) for n in range(KNOWN_STATEMENTS + 50)]
    for statement in kept:
        statements.compile(statement, {})
    assert len(statements._known) <= KNOWN_STATEMENTS + 1


async def test_what_batch_reads_are_given_is_planned_once(app: Container) -> None:
    """PostgreSQL would plan them anew for every run: for one key, that looks cheaper."""
    db = app.db
    await db.pool.execute("create table test_many (id uuid primary key, size int)")
    await db.pool.execute(
        "insert into test_many select gen_random_uuid(), n from generate_series(1, 20000) n"
    )
    await db.pool.execute("analyze test_many")
    many = table("test_many", column("id", Uuid), column("size", Integer))
    of_size = array([1, 2], Integer)
    statement = select(many).where(many.c.id == any_(IDS), many.c.size == any_(of_size))
    question = db.compile(statement, {"ids": [ONE]})
    sql, args = question.sql, question.args
    async with db.pool.acquire() as connection:
        for _ in range(7):
            await connection.fetch(sql, *args)
        made = "select generic_plans from pg_prepared_statements where statement = $1"
        assert await connection.fetchval(made, sql) >= 1
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain {sql}", *args))
    await db.pool.execute("drop table test_many")
    assert "Index Cond" in plan, plan
    assert sql.count("SELECT $") == 1, "values other than keys are for the planner to see"
