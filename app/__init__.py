"""Wiring: ``create_app`` puts services, pages, callbacks and the HTTP interface together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dash

    from app.settings import Settings


def create_app(settings: Settings) -> dash.Dash:
    """The whole application; ``create_app(settings).server`` is what a WSGI server serves.

    Opens the state database and brings it up to date. Raises ConfigError when that is not possible.
    """
    from app import api, callback_bodies, grid, i18n, observe, pages, security, shell, static_files, upload
    from app.access import gate, sign_in
    from app.background import make_manager
    from callbacks import now
    from callbacks import register as register_callbacks
    from callbacks.errors import show_error
    from callbacks.services import EXTENSION, Services
    from core.config import PROJECT_ROOT
    from core.lifecycle.jobs import Jobs
    from core.lifecycle.registry import Registry
    from core.lifecycle.schedule import Schedule
    from core.state.engine import open_engine
    from core.transactions.store import Store

    app = shell.TidemarkDash(
        "tidemark",
        use_pages=True,
        pages_folder="",
        assets_folder=str(PROJECT_ROOT / "assets"),
        assets_ignore=shell.HEAD_SCRIPT_PATTERN,
        external_stylesheets=static_files.stylesheets(),
        index_string=shell.INDEX,
        title="Tidemark",
        update_title=None,
        include_pages_meta=False,
        background_callback_manager=make_manager(settings.core.cache_dir),
        on_error=show_error,
        enable_mcp=False,
    )
    server = app.server
    server.secret_key = settings.secret_key
    engine = open_engine(settings.core.database)
    registry, store = Registry(settings.core), Store(settings.core.store_dir)
    schedule = Schedule(engine, settings.core)
    server.extensions[EXTENSION] = Services(settings, store, registry, Jobs(engine), schedule, engine)
    i18n.register(server)
    pages.register()
    pages.tell_unknown(server)
    register_callbacks(app)
    app.layout = shell.layout
    now.register_route(server)
    gate.register(app, settings)
    sign_in.register(app)
    upload.register(server, settings)
    api.register(server, settings)
    callback_bodies.register(app)
    security.register(app)
    static_files.wrap(server)
    grid.register(app)
    observe.wrap(server, settings.access_log)
    security.trust_proxies(server, settings.trust_proxy)
    return app
