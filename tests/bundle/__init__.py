# SPDX-License-Identifier: Apache-2.0
"""Checks of the files that people edit: rules, routes, templates, Prometheus's configuration."""
