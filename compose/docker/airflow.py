#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the given command. Where AIRFLOW__SECTION__KEY_FILE is set, AIRFLOW__SECTION__KEY becomes the content of that file; of a Connection, AIRFLOW_CONN_ID, its
password that of its password_file. So secrets appear neither in a compose file nor in `docker inspect` nor in an image."""

import json
import os
import sys
from pathlib import Path


def secret(variable, path):
    try:
        return Path(path).read_text().rstrip("\n")
    except OSError as problem:
        sys.exit(f"airflow: {variable} names {path}, which cannot be read by uid {os.getuid()}: {problem.strerror}")


for name, value in list(os.environ.items()):
    if name.startswith("AIRFLOW__") and name.endswith("_FILE"):
        os.environ[name.removesuffix("_FILE")] = secret(name, value)
        del os.environ[name]
    elif name.startswith("AIRFLOW_CONN_"):
        parts = json.loads(value)
        if "password_file" in parts:
            parts["password"] = secret(name, parts.pop("password_file"))
        os.environ[name] = json.dumps(parts)
os.execvp(sys.argv[1], sys.argv[1:])
