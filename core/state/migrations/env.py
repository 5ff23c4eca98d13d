"""Alembic's entry: runs the steps on the connection that ``core.state.migrate`` hands over."""

from alembic import context

from core.state.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot alter columns in place
    transactional_ddl=False,  # the caller's transaction holds all steps together
)
context.run_migrations()
