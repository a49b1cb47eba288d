# SPDX-License-Identifier: Apache-2.0
"""survivors.txt: mutants that no test can kill, each with its reason.

    exporter/src/app/x.cc: <the line> | <before> -> <after>
      why it makes no difference

An entry that fits no mutant any more is a fault of the file."""


def parse(text):
    """{key: reason}."""
    reasons = {}
    key = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("  "):
            if key is None:
                raise ValueError(f"survivors.txt:{number}: a reason without a mutant")
            reasons[key] = f"{reasons[key]} {line.strip()}".strip()
        else:
            key = line.strip()
            if key in reasons:
                raise ValueError(f"survivors.txt:{number}: appears twice")
            reasons[key] = ""
    unexplained = [key for key, reason in reasons.items() if not reason]
    if unexplained:
        raise ValueError(f"survivors.txt: no reason is given for {unexplained[0]}")
    return reasons
