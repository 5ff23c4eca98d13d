"""Runs the migrations of ``core/state/migrations`` on a connection; needs no configuration file."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core.errors import ConfigError

FOLDER = Path(__file__).parent / "migrations"


def migrate(connection: Connection) -> None:
    """Applies, inside the caller's transaction, every migration that the database does not have yet.

    Raises ConfigError when the database is at a revision that this code does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = set(MigrationContext.configure(connection).get_current_heads())
    if unknown := sorted(found - known):
        raise ConfigError(
            f"The database is newer than this version of Tidemark (revision {', '.join(unknown)}; "
            f"this one knows up to {max(known)}). Start the newer version, or point DATABASE_URL or DATA_DIR elsewhere."
        )
    command.upgrade(config, "head")
