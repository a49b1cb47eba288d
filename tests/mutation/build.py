# SPDX-License-Identifier: Apache-2.0
"""Compiles and links test programs as the build does, with one object of ours in them."""

import json
import shlex
import subprocess


class BuildFailed(Exception):
    pass


def compile_command(build, path, source):
    """The build's command for `path`, compiling `source` to an object beside it, and fast."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if entry["file"] == str(path):
            words = shlex.split(entry["command"])
            break
    else:
        raise BuildFailed(f"{path} is not part of the build")
    words = [word for word in words if not word.startswith(("-W", "-O", "-g"))]
    words[words.index("-o") + 1] = str(source.with_suffix(".o"))
    words[words.index("-c") + 1] = str(source)
    # The assertions turn what would be undefined, as reading an empty optional, into an end that a test notices.
    return words + ["-O0", "-w", "-fmax-errors=0", "-D_GLIBCXX_ASSERTIONS"]


def link_with_first(build, program, binary, object_file):
    """Links the tests `program` with `object_file` before all others: what it defines is not taken from a library."""
    commands = subprocess.run(["ninja", "-t", "commands", f"tests/{program}"], cwd=build, capture_output=True,
                              text=True, check=True).stdout.splitlines()
    line = next(line for line in reversed(commands) if f" -o tests/{program} " in line)
    words = shlex.split(line.split(" && ")[1] if line.startswith(":") else line)
    words[words.index("-o") + 1] = str(binary)
    first = next(index for index, word in enumerate(words) if word.endswith(".o"))
    words.insert(first, str(object_file))
    result = subprocess.run(words, cwd=build, capture_output=True, text=True)
    if result.returncode != 0:
        raise BuildFailed(f"{binary.name} cannot be linked:\n{result.stderr[-3000:]}")
