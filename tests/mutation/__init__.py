# SPDX-License-Identifier: Apache-2.0
"""`make mutation`: small faults are put into the core, one at a time, and some test must notice each."""
