"""A store at a version of its tables other than the newest."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from gateway.store.database import Store


def migrate(store: Store, to: str) -> None:
    """Bring the tables forward or back to a version."""
    with store.begin() as conn:
        config = Config(attributes={"connection": conn})
        config.set_main_option("script_location", "gateway.store:migrations")
        config.set_main_option("path_separator", "os")
        forward = to > str(conn.scalar(sa.text("SELECT version_num FROM alembic_version")))
        (command.upgrade if forward else command.downgrade)(config, to)
