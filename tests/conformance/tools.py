# SPDX-License-Identifier: Apache-2.0
"""The programs of tools.txt, each below build-conformance/ in a folder of its version.

    cd tests && python3 -m conformance.tools                     installs what is not there yet
    cd tests && python3 -m conformance.tools --path NAME...      prints a PATH in which these come first"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("tools.txt")
FOLDER = ROOT / "build-conformance"
SECONDS = 1800  # for one tool, on a slow machine

# Of Go 1.21 on it fetches by itself the version that a module asks for.
NEEDS = {"go": "Go 1.21 or later, as `go` in PATH (Debian 13: golang-go; Debian 12 has an older one)",
         "python": "python3-venv (Debian)",
         "locked": "python3-venv (Debian)"}


class Missing(Exception):
    """What has to be installed first, in words."""


class Failed(Exception):
    """A tool that could not be built, with what was said."""


@dataclass(frozen=True)
class Tool:
    line: str  # of the table, normalized
    kind: str
    name: str
    source: str  # module, package or file
    version: str  # of a file: of what it says
    more: tuple

    @property
    def folder(self):
        return FOLDER / f"{self.name}-{self.version}"

    @property
    def program(self):
        return self.folder / "bin" / self.name

    def installed(self):
        """Whether all of it is there: the line is written down last."""
        done = self.folder / "installed"
        return done.is_file() and done.read_text() == self.line

    def install(self):
        if self.installed():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        {"go": build_go, "python": install_python, "locked": install_locked}[self.kind](self)
        (self.folder / "installed").write_text(self.line)


def parse(text):
    tools = []
    for line in text.splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            if words[0] not in NEEDS:
                raise ValueError(f"{TABLE.name}: {words[0]} is neither of {', '.join(NEEDS)}: {line}")
            if words[0] == "locked":
                words.append(hashlib.sha256((ROOT / words[2]).read_bytes()).hexdigest()[:12])
            kind, name, source, version, *more = words
            tools.append(Tool(" ".join(words), kind, name, source, version, tuple(more)))
    return {tool.name: tool for tool in tools}


def table():
    return parse(TABLE.read_text())


def missing(kind):
    """What this machine lacks for tools of that kind; None where it has it."""
    there = shutil.which("go") if kind == "go" else run(["/usr/bin/python3", "-c", "import ensurepip"]).returncode == 0
    return None if there else NEEDS[kind]


def find(name):
    """The path of the program."""
    tool = table()[name]
    if not tool.installed():
        lacking = missing(tool.kind)
        raise Missing(f"{name} {tool.version} needs {lacking}" if lacking else
                      f"{name} {tool.version} is not below {FOLDER.name}/: `make conformance` builds it")
    return tool.program


def path_first(*names):
    """PATH in which these programs come first."""
    return os.pathsep.join([*(str(find(name).parent) for name in names), os.environ["PATH"]])


def run(command, **options):
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=SECONDS, check=False, **options)


def checked(command, **options):
    done = run(command, **options)
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def build_go(tool):
    """By a module of our own that begins as a copy of the tool's: replace and exclude lines count in the main module alone. What go.sum does
    not name yet is added, checked against the checksum database as always."""
    package, *tags = tool.more
    folder = tool.folder / "source"
    folder.mkdir()
    environment = {**os.environ, "GOTOOLCHAIN": "auto", "GOFLAGS": "-mod=mod", "GOWORK": "off"}
    there = Path(checked(["go", "mod", "download", "-json", f"{tool.source}@{tool.version}"], cwd=folder, env=environment)
                 .split('"Dir": "', 1)[1].split('"', 1)[0])
    for name in ("go.mod", "go.sum"):
        (folder / name).write_text((there / name).read_text())
    checked(["go", "mod", "edit", "-module=conformance", f"-require={tool.source}@{tool.version}"], cwd=folder, env=environment)
    checked(["go", "build", "-buildvcs=false", "-ldflags=-s -w", *(["-tags", tags[0]] if tags else []),
             "-o", tool.program, f"{tool.source}/{package}"], cwd=folder, env=environment)


def install_python(tool):
    checked(["/usr/bin/python3", "-m", "venv", tool.folder])
    checked([tool.folder / "bin" / "pip", "install", "--quiet", "--no-deps", f"{tool.source}=={tool.version}", *tool.more])
    checked([tool.folder / "bin" / "pip", "check"])


def install_locked(tool):
    checked(["/usr/bin/python3", "-m", "venv", tool.folder])
    checked([tool.folder / "bin" / "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", ROOT / tool.source])
    checked([tool.folder / "bin" / "pip", "check"])


def install_all():
    """The exit status. Continues after a failure, to report all of them at once."""
    failed = 0
    tools = table().values()
    lacking = {kind: missing(kind) for kind in sorted({tool.kind for tool in tools})}
    for need in filter(None, lacking.values()):
        print(f"conformance: missing on this machine: {need}")
    for tool in tools:
        started = time.monotonic()
        if tool.installed():
            print(f"there     {tool.name} {tool.version}", flush=True)
        elif lacking[tool.kind]:
            print(f"MISSING   {tool.name} {tool.version}", flush=True)
            failed += 1
        else:
            try:
                tool.install()
                print(f"installed {tool.name} {tool.version} ({time.monotonic() - started:.0f} s)", flush=True)
            except (Failed, OSError, subprocess.TimeoutExpired) as problem:
                print(f"FAILED    {tool.name} {tool.version}: {problem}", flush=True)
                failed += 1
    return 1 if failed else 0


def main(arguments):
    if not arguments:
        return install_all()
    if arguments[0] != "--path":
        sys.exit(__doc__)
    try:
        print(path_first(*arguments[1:]))
    except Missing as problem:
        sys.exit(f"conformance: {problem}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
