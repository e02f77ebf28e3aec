"""Look at pages of the built site in Chromium: `python tests/docs/look.py build/docs index tutorial`.

Each page is opened at the widths of a phone and of a desk, dark and light. It must say nothing in the console, load
nothing from elsewhere, and be no wider than the window. `--pictures FOLDER` keeps what was seen.
"""

# ruff: noqa: T201 - a script that prints what it has seen

from __future__ import annotations

import argparse
import shutil
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

WIDTHS = (400, 1200)
SCHEMES = ("light", "dark")
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def chromium() -> str | None:
    """Return the path of a Chromium, or None: the browser that Playwright brings is downloaded apart from it."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def problems(page: Page, address: str) -> Iterator[str]:
    """Open an address, and yield what is wrong with what is shown."""
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda request: said.append(f"asks for {request.url}") if elsewhere(request.url) else None)
    page.goto(address, wait_until="load")
    yield from said
    if (wider := page.evaluate(WIDER)) > 0:
        yield f"is {wider} pixels wider than the window"


def elsewhere(url: str) -> bool:
    """Whether the network would be needed for it."""
    return not url.startswith(("file:", "data:"))


def look(browser: Browser, path: Path, width: int, scheme: str, pictures: Path | None) -> list[str]:
    """Return what is wrong with a page at one width, in one of the two schemes."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    found = [f"{path.name} at {width}, {scheme}: {one}" for one in problems(page, path.resolve().as_uri())]
    if pictures is not None:
        pictures.mkdir(exist_ok=True)
        page.screenshot(path=pictures / f"{path.parent.name}-{path.stem}-{width}-{scheme}.png")
    page.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--pictures", type=Path)
    told = parser.parse_args()
    if (program := chromium()) is None:
        print("there is no Chromium here: nobody has looked at the pages")
        return 0
    views = list(product((told.folder / f"{name}.html" for name in told.pages), WIDTHS, SCHEMES))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])  # root has none
        found = [one for view in views for one in look(browser, *view, told.pictures)]
        browser.close()
    print(*found or [f"{len(views)} views are as they should be"], sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
