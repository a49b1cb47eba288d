# SPDX-License-Identifier: Apache-2.0
"""compose/mimir/mimir-s3.yml in Cortex, with its blocks in the S3 server of compose.yml."""

import pytest

from harness.processes import wait_until
from harness.web import request

from .cortex import Cortex
from .seaweedfs import BUCKET, SeaweedFS
from .writing import PATIENCE, gateway, prometheus, raw, timestamps, until_written

pytestmark = pytest.mark.xdist_group("seaweedfs")  # which opens ports that nobody can choose


# Mimir and Cortex look every quarter of an hour what is in the bucket; the test waits for it.
SOON = {"compactor.cleanup_interval": "2s", "blocks_storage.bucket_store.sync_interval": "2s",
        "blocks_storage.bucket_store.bucket_index.update_on_error_interval": "1s"}


@pytest.fixture(name="objects")
def s3(tool, scratch):
    with SeaweedFS(scratch, tool("weed")) as running:
        yield running


@pytest.fixture(name="cortex")
def cortex_with_s3(tool, scratch, objects):
    env = {"MIMIR_S3_ENDPOINT": objects.endpoint, "MIMIR_S3_BUCKET": BUCKET, "MIMIR_S3_INSECURE": "true",
           "AWS_SHARED_CREDENTIALS_FILE": objects.credentials}
    with Cortex(scratch, tool("cortex"), "mimir-s3.yml", changes=SOON, env=env) as running:
        yield running


def test_the_bucket_alone_brings_everything_back_also_what_came_while_it_was_away(cortex, objects, target, tool):
    with gateway(cortex, "s3") as way:
        with prometheus(way, target, tool("prometheus")) as prom:
            until_written(way, prom)
            objects.stop()
            gone = max(timestamps(raw(way, 3600)))
            wait_until(lambda: max(timestamps(raw(way, 3600))) > gone + 3, PATIENCE, "samples while there was no S3", [prom.child, cortex.child])
            objects.start().wait_ready()
        before = raw(way, 3600)
        at = max(timestamps(before))
        assert request(f"{cortex.url}/ingester/flush?wait=true", "POST", seconds=60)[0] in (200, 204)
        cortex.stop()
        cortex.forget()
        cortex.start().wait_ready()
        wait_until(lambda: raw(way, 3600, at), PATIENCE, "blocks came from the bucket", [cortex.child, objects.child])
        assert raw(way, 3600, at) == before
