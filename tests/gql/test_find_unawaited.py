import asyncio
import sys

from tests.gql.test_fuzz import *


async def test_find(world):
    graphql = world.app.config.graphql.model_copy(update=GENEROUS)
    api = Api(
        world.app, WebApp(world.app.config.model_copy(update={"graphql": graphql}), world.app)
    )
    docs = await asyncio.to_thread(generated, 1200)
    bad = []
    hits = []
    old = sys.unraisablehook
    sys.unraisablehook = lambda u: hits.append(str(u.exc_value))
    for d in docs:
        a = await api.send(d, {}, world.admin)
        if hits:
            bad.append((d, a, list(hits)))
            hits.clear()
            if len(bad) > 3:
                break
    sys.unraisablehook = old
    await api.close()
    with open("/tmp/t/bad.txt", "w") as f:
        for d, a, h in bad:
            print("DOC", d[:1500], "\nANS", str(a)[:800], "\nH", h, file=f)
        print(len(docs), file=f)
