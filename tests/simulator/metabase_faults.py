# SPDX-License-Identifier: Apache-2.0
"""Every way in which a query can go wrong, by the numbers under which people speak of them:

 1 hang_up, silent (and `accept`)            10 slow_first_byte, drip, row_drip
 2 initializing (and `initializing_seconds`) 11 leading_blanks
 3 (`health`)                                12 html_200, index_html, html_502, html_504, redirect_https, redirect_sso
 4 unauthenticated, revoke_sessions,         13 not_found, forbidden, archived_404, error_500, hidden_500,
   revoke_after                                 ip_forbidden, mfa_setup (and `archived`)
 5 (`login`, `throttle`)                     14 those of metabase_rows but the last ones, duplicate_keys
 6 failed...                                 15 steal_bytes
 7 failed_midway, error_...                  16 (`query_threads`)
 8 cut..., abort, ..._gzip...                17 cross_talk
 9 empty                                     18 invalid_utf8, lone_surrogate, nul_text, deep_nesting, bom

Beside them bad_json, trailing_text, wrong_top and scalar_top. In brackets: settings, where a query is not enough."""
from .metabase_answers import ANSWERS, FAILURES
from .metabase_rows import TABLES
from .metabase_sending import BODIES, SENDINGS

# What is done with other means, where the query is served.
ELSEWHERE = ("revoke_sessions", "revoke_after", "cross_talk", "duplicate_keys")

FAULTS = ("none", *ANSWERS, *FAILURES, *TABLES, *BODIES, *SENDINGS, *ELSEWHERE)
