# SPDX-License-Identifier: Apache-2.0
"""Starts the real things beside each other, on loopback and free ports: PostgreSQL, Prometheus, Alertmanager, the
simulated shop and the exporter. The demo and the integration tests are written with it."""
