"""`revenge user reset-factors`: for who lost everything, from the server's own machine."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from app.core.config import Config
from tests.auth.people import rows
from tests.mfa.authenticator import Authenticator
from tests.mfa.member import ORIGIN, Member


def revenge(config: Config, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REVENGE_")}
    ours = {
        "REVENGE_DATABASE_URL": config.database_url or "",
        "REVENGE_REDIS_URL": config.redis_url or "",
        "REVENGE_SECRET_KEY": config.secret_key or "",
        "REVENGE_DATA_DIR": str(folder),
    }
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env=clean | ours,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_factors_are_taken_from_whom_they_were_lost(
    alice: Member, bob: Member, tmp_path: Path
) -> None:
    await alice.enrol_totp()
    await alice.backup_codes()
    await alice.enrol_passkey(Authenticator(ORIGIN))
    await bob.enrol_totp()
    config = alice.app.config
    done = await asyncio.to_thread(revenge, config, tmp_path, "user", "reset-factors", "ALICE")
    assert (done.returncode, "alice" in done.stdout) == (0, True), done.stderr
    assert (
        await rows(
            alice.app,
            f"select 1 from sessions where user_id = '{alice.user.id}' and revoked_at is null",
        )
        == []
    )
    assert (await alice.log_in())["__typename"] == "LoginSuccess"
    assert (await bob.log_in())["__typename"] == "MfaRequired"
    unknown = await asyncio.to_thread(revenge, config, tmp_path, "user", "reset-factors", "eve")
    assert unknown.returncode == 1
    assert "Traceback" not in unknown.stderr
    assert "eve" in unknown.stderr
