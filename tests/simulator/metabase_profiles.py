# SPDX-License-Identifier: Apache-2.0
"""What differs from one Metabase version to the next, as far as a client of questions can see it."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    tag: str                              # what session/properties says
    chunked: bool                         # the answer to a query comes in chunks; else its end is the connection's
    keeps_connection: bool                # a connection serves more requests after a query
    aborts_midway: bool                   # a query that fails after rows were sent resets the connection; else the
                                          # failed-query object is appended
    honest_status: bool                   # a failed query is 400 or 500; else 202 or 200 like a good one
    format_rows: str                      # "unknown": the parameter does not exist, raw types; "always": it does not
                                          # exist, everything is text; "on" or "off": its default
    export_takes_json: bool               # parameters of an export in a JSON body, none in the query string; else
                                          # the other way round. A form is taken by all
    scrambles_columns: bool               # an exported row of more than eight columns loses their order
    limit_cuts_exports: bool              # the unaggregated row limit, where set, cuts exports too
    large_integers_as_text: bool          # in /query, beyond 2^53
    api_keys: bool
    probes: bool                          # /livez and /readyz exist
    blank_lines: bool                     # newlines between the parts of a /query answer


PROFILES = {
    "v0.48": Profile("v0.48.3", chunked=True, keeps_connection=True, aborts_midway=False, honest_status=False,
                     format_rows="unknown", export_takes_json=False, scrambles_columns=True, limit_cuts_exports=True,
                     large_integers_as_text=False, api_keys=False, probes=False, blank_lines=True),
    "v0.49.0": Profile("v0.49.0", chunked=True, keeps_connection=True, aborts_midway=False, honest_status=False,
                       format_rows="always", export_takes_json=False, scrambles_columns=True,
                       limit_cuts_exports=False, large_integers_as_text=False, api_keys=True, probes=False,
                       blank_lines=True),
    "v0.50": Profile("v0.50.26", chunked=True, keeps_connection=True, aborts_midway=False, honest_status=False,
                     format_rows="on", export_takes_json=False, scrambles_columns=True, limit_cuts_exports=False,
                     large_integers_as_text=False, api_keys=True, probes=False, blank_lines=False),
    "v0.53": Profile("v0.53.8", chunked=False, keeps_connection=False, aborts_midway=False, honest_status=False,
                     format_rows="off", export_takes_json=True, scrambles_columns=True, limit_cuts_exports=False,
                     large_integers_as_text=True, api_keys=True, probes=True, blank_lines=False),
    "v0.59": Profile("v0.59.4", chunked=False, keeps_connection=False, aborts_midway=False, honest_status=True,
                     format_rows="off", export_takes_json=True, scrambles_columns=False, limit_cuts_exports=False,
                     large_integers_as_text=True, api_keys=True, probes=True, blank_lines=False),
    "v0.62": Profile("v0.62.1", chunked=True, keeps_connection=False, aborts_midway=True, honest_status=True,
                     format_rows="off", export_takes_json=True, scrambles_columns=False, limit_cuts_exports=False,
                     large_integers_as_text=True, api_keys=True, probes=True, blank_lines=False),
}
VERSIONS = tuple(PROFILES)
