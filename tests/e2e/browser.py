"""A person at the console: headless Chromium, and everything that goes wrong in it written down."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

WITHIN_MS = 60_000
# Asking who is logged in is how the console starts; the browser itself writes the expected 401 to its console.
_EXPECTED = ("/api/v1/session", "401")


@dataclass
class Person:
    """One logged-in page; `faults` must be empty at the end, `pictures` are hashes of the pictures that were shown."""

    page: Page
    faults: list[str] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)

    def at(self, name: str) -> Locator:
        """The element with that `data-test` name."""
        return self.page.get_by_test_id(name)

    def log_in(self, url: str, name: str, password: str) -> None:
        """From the front door to the person's own first page."""
        self.page.goto(url)
        self.at("login-name").fill(name)
        self.at("login-password").fill(password)
        self.at("login-submit").click()
        expect(self.at("menu-me")).to_be_visible()

    def download_sha256(self, sha256: str) -> str:
        """The hash of the file that a click on its download gives."""
        with self.page.expect_download() as begun:
            self.at(f"evidence-download-{sha256[:8]}").click()
        return hashlib.sha256(begun.value.path().read_bytes()).hexdigest()

    def _hears(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        expected = where.endswith(_EXPECTED[0]) and _EXPECTED[1] in message.text
        if message.type in {"error", "warning"} and not expected:
            self.faults.append(f"console {message.type}: {message.text} ({where})")

    def _loads(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")
        is_picture = response.request.resource_type == "image" and "/evidence/files/" in response.url
        if is_picture and response.ok:
            with suppress(Error):  # the page was left before its picture was whole
                self.pictures.add(hashlib.sha256(response.body()).hexdigest())

    def _fails(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what a page no longer needs when it is left
            self.faults.append(f"failed: {request.url} {request.failure}")

    def listen(self) -> None:
        """Writes down errors of the console, of scripts and of the network from now on."""
        self.page.on("console", self._hears)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("response", self._loads)
        self.page.on("requestfailed", self._fails)


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        expect.set_options(timeout=WITHIN_MS)
        launched = playwright.chromium.launch(executable_path=program)
        yield launched
        launched.close()


@contextmanager
def person(launched: Browser, size: tuple[int, int] = (1440, 900)) -> Iterator[Person]:
    """Somebody with a session of their own."""
    context = launched.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
    context.set_default_timeout(WITHIN_MS)
    made = Person(context.new_page())
    made.listen()
    yield made
    context.close()
