"""One module a page: its address, its title and its layout; no data here."""

from __future__ import annotations


def register() -> None:
    """Makes the pages known to Dash, in the order of the navigation."""
    import dash

    from app.i18n import words
    from app.pages import compare, explore, forecast, models, monitor, not_found, overview
    from components.icons import PAGE_ICONS

    for order, (name, path, module) in enumerate(
        (
            ("overview", "/", overview),
            ("forecast", "/forecast", forecast),
            ("explore", "/explore", explore),
            ("compare", "/compare", compare),
            ("monitor", "/monitor", monitor),
            ("models", "/lifecycle", models),  # /models is the interface for programs
        )
    ):
        dash.register_page(
            name,
            path=path,
            order=order,
            name=name,
            title=lambda name=name, **_: f"{words()(f'page.{name}')} · Tidemark",
            description="Tidemark",
            layout=module.layout,
            icon=PAGE_ICONS[name],
        )
    dash.register_page("not_found_404", layout=not_found.layout, title="Tidemark")
