"""What a real browser says about a page."""

import html
import re
import shutil
import subprocess
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--enable-logging=stderr",
    "--virtual-time-budget=4000",
]


def open_page(path: Path) -> tuple[str, list[str]]:
    """Return the page's final markup and its console messages."""
    profile = path.parent / "profile"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def widths(page: Path, width: int) -> tuple[int, int]:
    """Return the width of a page's content and of the window, in a window of a given width."""
    frame = page.with_name(f"frame_{width}.html")
    inside = html.escape(page.read_text(encoding="utf-8"))
    measure = "w = this.contentWindow; e = w.document.documentElement;"
    report = "document.title = 'widths ' + e.scrollWidth + ' ' + w.innerWidth"
    frame.write_text(
        f'<iframe style="width: {width}px; height: 900px; border: 0" '
        f'onload="{measure} {report}" srcdoc="{inside}"></iframe>',
        encoding="utf-8",
    )
    found = re.search(r"<title>widths (\d+) (\d+)</title>", open_page(frame)[0])
    assert found is not None
    return int(found[1]), int(found[2])
