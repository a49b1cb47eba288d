// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "unit/config/loading.h"

namespace o2o {
namespace {

// As a mistake lists them.
std::string Kinds() {
  std::string keys;
  for (const SourceKind& kind : SourceKinds()) keys += (keys.empty() ? "" : ", ") + std::string(kind.key);
  return keys;
}

// One broken fixture per rule, invalid-<rule>.yml, and every mistake that is told of it.
struct Broken {
  std::string rule;
  std::vector<std::string> mistakes;  // without the file's name in front
};
const Broken kBroken[] = {
    {"alias",
     {"1:21: web.max_requests: anchors (&name) are not supported, write the value out where it is needed",
      "3:27: orders.order_types[1]: aliases (*name) are not supported, write the value out"}},
    {"anchor", {"1:6: web: anchors (&name) are not supported, write the value out where it is needed"}},
    {"api-key-missing", {"4:5: sources[0].oms.api_key: missing, want api_key or api_key_file"}},
    {"api-key-unset", {"4:42: sources[0].oms.api_key: NOT_SET is not set, set it or use api_key_file"}},
    {"boolean",
     {"7:35: sources[0].oms.tls.insecure_skip_verify: \"yes\" is not a boolean, want true or false"}},
    {"complex-key", {"2:5: web: a key must be a plain word"}},
    {"control-character", {"2:19: a control character, remove it"}},
    {"delayed-after-final", {"3:57: orders.statuses[0].delayed_after: is for open statuses, remove it here"}},
    {"disabled-unknown-key", {"4:5: sources[0].intervall: unknown key, did you mean interval?"}},
    {"dsn-missing", {"1:1: store.dsn: missing, want dsn or dsn_file"}},
    {"dsn-unset", {"2:8: store.dsn: NOT_SET is not set, set it or use dsn_file"}},
    {"duplicate-key", {"3:3: web.max_requests: duplicate key, give it once"}},
    {"duration",
     {"4:15: sources[0].interval: \"15 seconds\" is not a duration, want one like 500ms, 30s or 1h30m"}},
    {"empty", {"1:1: sources: missing, want at least one source"}},
    {"initial-lookback", {"7:25: sources[0].oms.initial_lookback: \"30s\" is too short, want at least 1m"}},
    {"interval-range", {"4:15: sources[0].interval: \"99ms\" is too short, want at least 100ms"}},
    {"limit-above-max",
     {"7:14: sources[0].oms.limit: limit 200000 is above max_limit 100000, want limit <= max_limit"}},
    {"limit-range",
     {"7:14: sources[0].oms.limit: \"0\" is out of range, want a whole number from 1 to 1000000"}},
    {"list-for-value", {"2:3: web.listen_address: is a list, want a single value"}},
    {"listen-host",
     {"1:23: web.listen_address: \"127.0.0.256:9847\" has no valid host, want an IPv4 address, a name, or "
      "none for every address, like :9847"}},
    {"listen-ipv6",
     {"1:23: web.listen_address: \"[::]:9847\" is an IPv6 address, but the server speaks IPv4 only, want a "
      "port alone (:9847) or an IPv4 address (127.0.0.1:9847)"}},
    {"listen-port-missing",
     {"1:23: web.listen_address: \"localhost\" has no port, want [host]:port like :9847"}},
    {"listen-port",
     {"1:23: web.listen_address: \":65536\" has no valid port, want [host]:port with a port from 0 to 65535, "
      "like :9847"}},
    {"many",
     {"1:1: store: missing, source orders keeps orders in PostgreSQL, want a store section with dsn or "
      "dsn_file",
      "2:19: web.listen_address: \"[::]:1\" is an IPv6 address, but the server speaks IPv4 only, want a port "
      "alone (:9847) or an IPv4 address (127.0.0.1:9847)",
      "3:3: web.max_request: unknown key, did you mean max_requests?",
      "5:3: orders.statuses: none is completed, want at least one with outcome: completed",
      "6:25: orders.statuses[0].delayed: unknown key, known here: status, outcome, delayed_after",
      "9:14: sources[0].timeout: the timeout of 1h is not below the interval of 15s, want a shorter timeout "
      "or a longer interval",
      "10:5: sources[0].oms.api_key: missing, want api_key or api_key_file",
      "11:12: sources[0].oms.url: NOT_SET is not set, set it or give a default as in ${NAME:-default}",
      "12:14: sources[0].oms.limit: \"many\" is not a whole number, want a whole number from 1 to 1000000",
      "13:13: sources[0].oms.tls.ca: unknown key, known here: ca_file, client_cert_file, client_key_file, "
      "insecure_skip_verify",
      "14:1: colour: unknown key, known here: web, orders, metabases, store, sources"}},
    {"map-for-value", {"2:3: web.max_requests: is a map, want a single value"}},
    {"max-limit-below-default-limit",
     {"7:18: sources[0].oms.max_limit: limit 1000 is above max_limit 500, want limit <= max_limit"}},
    {"max-limit-range",
     {"7:18: sources[0].oms.max_limit: \"1000001\" is out of range, want a whole number from 1 to 1000000"}},
    {"max-requests-range",
     {"1:21: web.max_requests: \"0\" is out of range, want a whole number from 1 to 1000"}},
    {"no-value", {"2:3: web.listen_address: has no value, give it one or remove the key"}},
    {"not-utf8", {"1:1: not UTF-8 text, save it as UTF-8"}},
    {"number-octal",
     {"1:21: web.max_requests: \"040\" is not a whole number, want a whole number from 1 to 1000"}},
    {"number", {"1:21: web.max_requests: \"4.5\" is not a whole number, want a whole number from 1 to 1000"}},
    {"order-type-empty", {"2:25: orders.order_types[1]: has no value, give it one or remove it"}},
    {"order-type-long", {"2:3: orders.order_types: has an entry of more than 64 bytes, want shorter words"}},
    {"order-type-twice", {"2:35: orders.order_types[2]: \"pickup\" appears twice, give it once"}},
    {"outcome",
     {"3:34: orders.statuses[0].outcome: \"pending\" is not an outcome, want open, completed or failed"}},
    {"overlap", {"7:16: sources[0].oms.overlap: \"59s\" is too short, want at least 1m"}},
    {"rejected-rows",
     {"3:29: store.rejected_rows.max_rows: \"0\" is out of range, want a whole number from 1 to 10000000",
      "3:45: store.rejected_rows.max_payload: \"1GiB\" is out of range, want 64 to 16MiB",
      "3:62: store.rejected_rows.retention: \"0s\" is too short, want at least 1s"}},
    {"root", {"1:1: is not a map, want keys and values below it"}},
    {"second-document", {"5:1: a second YAML document, put everything into one (remove the ---)"}},
    {"second-oms",
     {"6:5: sources[1].oms: a second source that keeps orders beside orders, want one at most"}},
    {"secret-file-empty",
     {"1:19: store.dsn_file: \"secret-empty.txt\" is empty, want a file that holds the secret and nothing "
      "else"}},
    {"secret-file-folder",
     {"1:19: store.dsn_file: \".\" is not a regular file, want a file that holds the secret and nothing "
      "else"}},
    {"secret-file-lines",
     {"1:19: store.dsn_file: \"secret-two-lines.txt\" holds more than one line or is not text, want a file "
      "that holds the secret and nothing else"}},
    {"secret-file-missing",
     {"1:19: store.dsn_file: the file that it should name cannot be opened (No such file or directory), want "
      "a "
      "file that holds the secret and nothing else"}},
    {"secret-twice", {"3:13: store.dsn_file: given beside dsn, want one of the two"}},
    {"size-range", {"7:17: sources[0].oms.max_body: \"2GiB\" is out of range, want 1KiB to 1GiB"}},
    {"size", {"7:17: sources[0].oms.max_body: \"64 MB\" is not a size, want one like 64KiB, 10MB or 1GiB"}},
    {"source-kind-missing", {"2:5: sources[0]: has no kind, want one of these blocks: " + Kinds()}},
    {"source-name-missing", {"3:5: sources[0].name: missing, want a short name like orders"}},
    {"source-name-twice", {"5:11: sources[1].name: \"orders\" appears twice, give each source its own name"}},
    {"source-name",
     {"3:11: sources[0].name: \"Orders\" is not a source name, want at most 64 of a-z, 0-9 and -, beginning "
      "with a letter"}},
    {"source-name-taken",
     {"3:11: sources[0].name: \"order-store\" is the name under which the reading of the order store "
      "appears, "
      "want another one, like orders"}},
    {"sources-empty", {"1:1: sources: is empty, want at least one source"}},
    {"sources-missing", {"1:1: sources: missing, want at least one source"}},
    {"stale-after",
     {"5:18: sources[0].stale_after: \"15s\" is not above the interval of 15s, want two intervals or more"}},
    {"status-empty", {"3:16: orders.statuses[0].status: has no value, give it one or remove the key"}},
    {"status-long",
     {"3:16: orders.statuses[0].status: "
      "\"XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\" is longer than 64 bytes, want a "
      "shorter word"}},
    {"status-missing", {"3:7: orders.statuses[0].status: missing, want the word that the OMS uses"}},
    {"status-none-completed",
     {"2:3: orders.statuses: none is completed, want at least one with outcome: completed"}},
    {"status-twice", {"4:16: orders.statuses[1].status: \"DONE\" appears twice, give each status once"}},
    {"store-missing",
     {"1:1: store: missing, source orders keeps orders in PostgreSQL, want a store section with dsn or "
      "dsn_file"}},
    {"store-schema",
     {"1:31: store.schema: \"public\" is open to every program of the database, want a schema for these "
      "tables alone"}},
    {"syntax",
     {"3:1: not valid YAML (end of sequence flow not found), check indentation, brackets and quotes around "
      "here"}},
    {"tab", {"2:1: a tab in the indentation, use blanks"}},
    {"tag", {"1:21: web.max_requests: tags (!name) are not supported, leave it out"}},
    {"timeout-above-interval",
     {"5:14: sources[0].timeout: the timeout of 10s is not below the interval of 10s, want a shorter timeout "
      "or a longer interval"}},
    {"timeout-range",
     {"1:40: store.connect_timeout: \"10ms\" is too short, want at least 1s",
      "1:65: store.statement_timeout: \"2h\" is too long, want at most 1h",
      "1:83: store.lock_timeout: \"0\" is too short, want at least 100ms"}},
    {"timeout-short", {"4:14: sources[0].timeout: \"9ms\" is too short, want at least 10ms"}},
    {"timezone",
     {"7:17: sources[0].oms.timezone: \"Mars/Olympus\" is not a known time zone, want one like UTC, "
      "Asia/Ho_Chi_Minh or +07:00"}},
    {"tls-file-missing",
     {"7:22: sources[0].oms.tls.ca_file: \"no-such-ca.pem\" cannot be opened (No such file or directory), "
      "want a file that this program may read"}},
    {"tls-key-without-cert",
     {"7:30: sources[0].oms.tls.client_key_file: given without client_cert_file, want both"}},
    {"unknown-key-far", {"1:1: metabase: unknown key, did you mean metabases?"}},
    {"unknown-key", {"3:3: web.listen_adress: unknown key, did you mean listen_address?"}},
    {"unquoted-variable",
     {"1:25: not valid YAML (end of sequence flow not found), write \"${NAME}\" in quotes "
      "inside [ ] or { }"}},
    {"url-blank",
     {"4:16: sources[0].oms.url: holds a blank or another character that a URL must not hold, want one like "
      "https://oms.example.com"}},
    {"url-host", {"4:16: sources[0].oms.url: has no valid host, want one like https://oms.example.com"}},
    {"url-missing",
     {"4:5: sources[0].oms.url: missing, want the base URL of the OMS, like https://oms.example.com"}},
    {"url-port", {"4:16: sources[0].oms.url: has no valid port, want one from 1 to 65535"}},
    {"url-query",
     {"4:16: sources[0].oms.url: holds a query or fragment, leave out everything from ? or # on"}},
    {"url-scheme",
     {"4:16: sources[0].oms.url: is not an http or https URL, want one like https://oms.example.com"}},
    {"url-user",
     {"4:16: sources[0].oms.url: holds a user or password, leave user:password@ out and use api_key"}},
    {"value-for-list", {"2:10: sources: is not a list, want entries that begin with - below it"}},
    {"value-for-map", {"1:6: web: is not a map, want keys and values below it"}},
    {"variable-control-character",
     {"2:19: web.listen_address: the value of TWO_LINES holds a line break or another control character, "
      "remove it"}},
    {"variable-empty",
     {"2:17: web.max_requests: EMPTY is empty, set it or give a default as in ${NAME:-default}"}},
    {"variable-malformed",
     {"2:17: web.max_requests: malformed variable, write ${NAME} or ${NAME:-default} (and $$ for a dollar "
      "sign)"}},
    {"variable-nested",
     {"2:17: web.max_requests: a variable inside the default of X, write plain text there"}},
    {"variable-unclosed", {"2:17: web.max_requests: ${ without its }, write ${NAME} or ${NAME:-default}"}},
    {"variable-unset",
     {"2:17: web.max_requests: NOT_SET is not set, set it or give a default as in ${NAME:-default}"}},
    {"variable-value",
     {"2:17: web.max_requests: \"${FORTY_ISH}\" is not a whole number, want a whole number from 1 to 1000"}},
    {"order-types-many", {"2:3: orders.order_types: has more than 100 entries, want fewer"}},
    {"sources-many", {"1:1: sources: has more than 100 entries, want fewer"}},
    {"statuses-many", {"2:3: orders.statuses: has more than 100 entries, want fewer"}},
    {"aggregate",
     {"8:20: sources[0].metrics[0].aggregate: \"median\" is not an aggregate, want count, sum, min, max or "
      "avg"}},
    {"aggregate-with-duplicates",
     {"9:9: sources[0].metrics[0].on_duplicate: given beside aggregate, which takes rows of equal labels "
      "together, remove it"}},
    {"ceilings",
     {"4:26: sources[0].ceilings.max_rows: \"0\" is out of range, want a whole number from 1 to 100000000",
      "4:41: sources[0].ceilings.max_series: \"10000001\" is out of range, want a whole number from 1 to "
      "10000000",
      "4:68: sources[0].ceilings.max_label_bytes: \"1KiB\" is not a whole number, want a whole number from 1 "
      "to "
      "65536"}},
    {"column-above-outermost",
     {"9:24: sources[0].metrics[0].labels.shop: \"../../name\" reaches above the outermost row, want ../ no "
      "more than 1 time"}},
    {"column-above-rows",
     {"8:24: sources[0].metrics[0].labels.shop: \"../name\" reaches above the rows, which are not nested, "
      "want a column of the row, or rows.nested"}},
    {"column-unnamed",
     {"9:24: sources[0].metrics[0].labels.shop: \"../\" names no column, want one behind ../"}},
    {"family-help",
     {"7:37: sources[1].metrics[0].help: is not the help of flag_on of source first, want the same words in "
      "both"}},
    {"family-histogram",
     {"7:22: sources[1].metrics[0].name: \"cook\" is a histogram, which has samples named like cook_sum of "
      "source first, want another name",
      "11:16: sources[2].metrics[0].name: \"cook_count\" is named like the samples of the histogram cook of "
      "source second, want another name",
      "12:16: sources[2].metrics[1].name: \"cook_bucket_total\" is named like the samples of the histogram "
      "cook of source second, want another name"}},
    {"family-labels",
     {"7:42: sources[1].metrics[0].labels: are not the labels of flag_on of source first, want the same "
      "names in both: a, b"}},
    {"family-not-told-apart",
     {"7:61: sources[1].metrics[0].static_labels: do not distinguish the series of source second from those "
      "of "
      "flag_on of source first, want one same label in the static_labels of both, with a text of its own in "
      "each, like shop: north here and shop: south there",
      "10:15: sources[2].metrics[0].static_labels: do not distinguish the series of source third from those "
      "of "
      "flag_on of source first, want one same label in the static_labels of both, with a text of its own in "
      "each, like shop: north here and shop: south there"}},
    {"family-openmetrics",
     {"7:22: sources[1].metrics[0].name: \"flags_total\" has the same name in OpenMetrics as flags of source "
      "first, want another"}},
    {"family-type",
     {"9:15: sources[1].metrics[0].type: is not the type of cook of source first, want the same in both, or "
      "another name"}},
    {"json-auth-twice", {"6:7: sources[0].json.basic_auth: given beside bearer_token, want one of the two"}},
    {"json-authorization",
     {"6:17: sources[0].json.headers.authorization: given beside basic_auth, bearer_token or "
      "oauth2, want one of them"}},
    {"json-basic-auth-colon",
     {"5:30: sources[0].json.basic_auth.username: holds a colon, which basic authentication cannot carry: "
      "want "
      "the user alone"}},
    {"json-basic-auth-incomplete",
     {"5:7: sources[0].json.basic_auth.username: missing, want the user",
      "5:7: sources[0].json.basic_auth.password: missing, want password or password_file"}},
    {"json-body-lines",
     {"6:13: sources[0].json.body: holds a line break or another control character, write it on one line"}},
    {"json-body-with-get", {"5:7: sources[0].json.body: is for method: POST, remove it or set method: POST"}},
    {"json-header-empty",
     {"5:24: sources[0].json.headers.X-Key: has no value, give it one or remove the key"}},
    {"json-header-file-empty",
     {"5:29: sources[0].json.headers_file.X-Key: has no value, want the path of a file"}},
    {"json-header-file-missing",
     {"5:29: sources[0].json.headers_file.X-Key: the file that it should name cannot be opened (No such "
      "file or directory), want a file that holds the secret and nothing else"}},
    {"json-header-name",
     {"5:17: sources[0].json.headers.X Tenant: is not a header name, want one like X-Tenant"}},
    {"json-header-own",
     {"5:17: sources[0].json.headers.Accept-Encoding: is set by the program itself, remove it"}},
    {"json-header-twice", {"6:22: sources[0].json.headers_file.x-key: appears twice, give each header once"}},
    {"json-headers-many", {"5:7: sources[0].json.headers: more than 50 headers, want fewer"}},
    {"json-method", {"5:15: sources[0].json.method: \"PUT\" is not a method, want GET or POST"}},
    {"json-url-fragment", {"3:17: sources[0].json.url: holds a fragment, leave out everything from # on"}},
    {"json-url-missing",
     {"3:5: sources[0].json.url: missing, want the whole URL, like https://shop.example.com/api/v1/flags/"}},
    {"json-url-scheme",
     {"3:17: sources[0].json.url: is not an http or https URL, want one like "
      "https://shop.example.com/api/v1/flags/"}},
    {"json-url-user",
     {"3:17: sources[0].json.url: holds a user or password, leave user:password@ out and use basic_auth"}},
    {"label-column-empty",
     {"8:24: sources[0].metrics[0].labels.flag: has no value, give it one or remove the key"}},
    {"label-le",
     {"8:18: sources[0].metrics[0].labels.le: is the label of a histogram's buckets, want another name"}},
    {"label-name",
     {"8:18: sources[0].metrics[0].labels.flag-name: is not a label name, want at most 200 letters, digits "
      "and "
      "_, not beginning with a digit"}},
    {"label-twice",
     {"9:25: sources[0].metrics[0].static_labels.flag: appears among labels too, give each label once"}},
    {"label-underscores",
     {"8:18: sources[0].metrics[0].labels.__flag: begins with __, which is for Prometheus' own use, want "
      "another name"}},
    {"labels-many", {"8:9: sources[0].metrics[0].labels: more than 50 labels, want fewer"}},
    {"metabase-credentials-empty",
     {"5:17: sources[0].metabase.username: \"${EMPTY:-}\" is empty, want username with password (or "
      "password_file), or api_key (or api_key_file)"}},
    {"metabase-credentials-missing",
     {"3:5: sources[0].metabase: has no credentials, want username with password (or password_file), or "
      "api_key (or api_key_file)"}},
    {"metabase-key-column",
     {"8:69: sources[0].metrics[0].labels.vendor: \"$key\" is for answers that are an object, a question has "
      "columns, want the name of one",
      "8:83: sources[0].metrics[0].value: \"$value\" is for answers that are an object, a question has "
      "columns, want the name of one"}},
    {"metabase-max-body",
     {"8:17: sources[0].metabase.max_body: \"17GiB\" is out of range, want 1KiB to 16GiB"}},
    {"metabase-parameters",
     {"8:7: sources[0].metabase.parameters: is not a list, want one as Metabase takes it, like [{type: "
      "category, target: [variable, [template-tag, city]], value: Hanoi}]"}},
    {"metabase-parameters-unset",
     {"8:44: sources[0].metabase.parameters[0].value: NOT_SET is not set, set it or give a default as in "
      "${NAME:-default}"}},
    {"metabase-password-missing",
     {"3:5: sources[0].metabase.password: missing, want password or password_file beside username"}},
    {"metabase-pointer",
     {"8:21: sources[0].rows.pointer: \"/data\" is not for Metabase, whose answer is the list of rows, "
      "remove it"}},
    {"metabase-question-missing",
     {"3:5: sources[0].metabase.question: missing, want the number of a saved question, as in "
      "/question/7163"}},
    {"metabase-question-range",
     {"6:17: sources[0].metabase.question: \"0\" is out of range, want a whole number from 1 to 2147483647"}},
    {"metabase-url-missing",
     {"3:5: sources[0].metabase.url: missing, want the base URL of the Metabase, like "
      "https://metabase.example.com"}},
    {"metabase-url-user",
     {"4:12: sources[0].metabase.url: holds a user or password, leave user:password@ out and use username "
      "and password"}},
    {"metabase-username-missing",
     {"3:5: sources[0].metabase.username: missing, want the user whose password is given"}},
    {"metric-help-lines",
     {"6:15: sources[0].metrics[0].help: holds a line break or another control character, write it on one "
      "line"}},
    {"metric-help-long", {"6:15: sources[0].metrics[0].help: is longer than 1000 bytes, want one sentence"}},
    {"metric-help-missing",
     {"5:9: sources[0].metrics[0].help: missing, want one sentence that says what the number means"}},
    {"metric-name",
     {"5:15: sources[0].metrics[0].name: \"flag-on\" is not a metric name, want at most 200 letters, digits "
      "and "
      "_, not beginning with a digit"}},
    {"metric-name-colon",
     {"5:15: sources[0].metrics[0].name: \"shop:flag_on\" holds a colon, which is for recording rules, want "
      "letters, digits and _"}},
    {"metric-name-counter",
     {"5:15: sources[0].metrics[0].name: \"flags\" is a counter, whose name ends in _total, want one like "
      "flags_total, or type: gauge"}},
    {"metric-name-gauge",
     {"5:15: sources[0].metrics[0].name: \"flags_total\" is a gauge, but _total is for counters, want "
      "another name, or type: counter"}},
    {"metric-name-missing", {"5:9: sources[0].metrics[0].name: missing, want one like vendor_online"}},
    {"metric-name-of-prometheus",
     {"5:15: sources[0].metrics[0].name: \"scrape_flags\" is a name that Prometheus itself writes, want "
      "another name"}},
    {"metric-name-own",
     {"5:15: sources[0].metrics[0].name: \"o2o_orders_open\" is the exporter's own metric o2o_orders_open, "
      "or too near to it, want another name"}},
    {"metric-name-own-nearly",
     {"5:15: sources[0].metrics[0].name: \"o2o_orders_ingested\" is the exporter's own metric "
      "o2o_orders_ingested_total, or too near to it, want another name"}},
    {"metric-name-histogram",
     {"4:22: sources[0].metrics[0].name: \"cook_total\" is a histogram, but _total is for counters, want "
      "another name"}},
    {"metric-name-own-samples",
     {"5:15: sources[0].metrics[0].name: \"o2o_order_duration_seconds_count\" is the exporter's own metric "
      "o2o_order_duration_seconds, or too near to it, want another name"}},
    {"metric-name-twice",
     {"8:9: sources[0].metrics[1].static_labels: flag_on is in source flags already, and nothing "
      "distinguishes "
      "the "
      "series of the two, want another name, or one same label in the static_labels of both, with a "
      "text of its own in each"}},
    {"metric-name-underscores",
     {"5:15: sources[0].metrics[0].name: \"__flag\" begins with __, which is for Prometheus' own use, want "
      "another name"}},
    {"metric-type",
     {"6:15: sources[0].metrics[0].type: \"summary\" is not a type for mapped rows, want gauge, counter or "
      "histogram"}},
    {"metric-unknown-key",
     {"6:9: sources[0].metrics[0].lable: unknown key, known here: name, type, help, rows, labels, "
      "static_labels, "
      "where, aggregate, value, columns, unit, scale, values, null, decimal, timezone, on_duplicate, pick, "
      "le, "
      "buckets, sum"}},
    {"metrics-empty", {"4:5: sources[0].metrics: is empty, want at least one metric"}},
    {"metrics-many", {"4:5: sources[0].metrics: has more than 100 entries, want fewer"}},
    {"metrics-missing",
     {"2:5: sources[0].metrics: missing, want at least one metric with name, help and value"}},
    {"metrics-of-oms",
     {"5:5: sources[0].metrics: unknown key, known here: name, enabled_if, interval, timeout, stale_after, " +
      Kinds()}},
    {"null-number",
     {"8:15: sources[0].metrics[0].null: \"none\" is neither a number nor skip, want one like 0, or skip "
      "where "
      "null is normal"}},
    {"on-duplicate",
     {"8:23: sources[0].metrics[0].on_duplicate: \"min\" is not a policy, want error, first, last, sum or "
      "max"}},
    {"proxy-scheme",
     {"5:14: sources[0].json.proxy: is not an http or https URL, want one like "
      "http://proxy.example.com:3128"}},
    {"proxy-user",
     {"5:14: sources[0].json.proxy: holds a user or password, leave user:password@ out and use "
      "proxy_auth"}},
    {"rows-nested-many", {"4:12: sources[0].rows.nested: has more than 8 entries, want fewer"}},
    {"rows-pointer",
     {"4:21: sources[0].rows.pointer: \"data.rows\" is not a JSON Pointer, want one like /data/rows (with ~1 "
      "for / and ~0 for ~)"}},
    {"rows-pointer-tilde",
     {"4:21: sources[0].rows.pointer: \"/a~2b\" is not a JSON Pointer, want one like /data/rows (with ~1 for "
      "/ "
      "and ~0 for ~)"}},
    {"source-kind-misspelled",
     {"2:5: sources[0]: has no kind, want one of these blocks: " + Kinds(),
      "3:5: sources[0].jsom: unknown key, did you mean json?",
      "4:21: sources[0].rows.pointer: \"flags\" is not a JSON Pointer, want one like /data/rows (with ~1 for "
      "/ "
      "and ~0 for ~)"}},
    {"source-kind-twice", {"4:5: sources[0].json: given beside metabase, want one kind of source"}},
    {"static-label-empty",
     {"8:31: sources[0].metrics[0].static_labels.flag: has no value, give it one or remove the key"}},
    {"unit", {"8:15: sources[0].metrics[0].unit: \"percent\" is not a unit, want number, bytes or time"}},
    {"value-beside-count",
     {"7:9: sources[0].metrics[0].value: given beside aggregate: count, which counts rows, remove it",
      "9:9: sources[0].metrics[0].unit: given beside aggregate: count, which counts rows, remove it",
      "10:9: sources[0].metrics[0].values: given beside aggregate: count, which counts rows, remove it",
      "11:9: sources[0].metrics[0].null: given beside aggregate: count, which counts rows, remove it"}},
    {"value-missing",
     {"5:9: sources[0].metrics[0].value: missing, want the column that holds the number, or aggregate: "
      "count"}},
    {"values-many", {"8:9: sources[0].metrics[0].values: has more than 1000 entries, want fewer"}},
    {"values-number",
     {"8:22: sources[0].metrics[0].values.on: \"yes\" is not a number, want one like 1, -0.5 or 1e6",
      "8:32: sources[0].metrics[0].values.off: \"0x0\" is not a number, want one like 1, -0.5 or 1e6",
      "8:43: sources[0].metrics[0].values.huge: \"1e999\" is not a number, want one like 1, -0.5 or 1e6",
      "8:56: sources[0].metrics[0].values.part: \".5\" is not a number, want one like 1, -0.5 or 1e6"}},
    {"column-value-above",
     {"8:16: sources[0].metrics[0].value: \"../$value\" is a row that holds rows, and so no value, want "
      "$value of the innermost ones"}},
    {"where-column",
     {"8:17: sources[0].metrics[0].where.../kind: reaches above the rows, which are not nested, want a "
      "column of the row, or rows.nested"}},
    {"where-empty", {"8:17: sources[0].metrics[0].where.kind: is empty, want the texts that count"}},
    {"decimal", {"4:14: sources[0].decimal: \";\" is not a decimal mark, want \",\" or \".\""}},
    {"pick",
     {"8:9: sources[0].metrics[0].pick.newest: missing, want the column that holds a row's time",
      "14:9: sources[0].metrics[1].pick: given beside aggregate, which takes rows of equal labels together, "
      "remove it"}},
    {"scale",
     {"8:16: sources[0].metrics[0].scale: \"0e5\" makes every value 0, want the number to multiply by, like "
      "0.01",
      "13:9: sources[0].metrics[1].scale: given beside unit: time, which finds out the unit of a number, "
      "remove it"}},
    {"timezone-of-rows",
     {"4:15: sources[0].timezone: \"Saigon\" is not a known time zone, want one like UTC, Asia/Ho_Chi_Minh "
      "or "
      "+07:00"}},
    {"where-conditions",
     {"9:15: sources[0].metrics[0].where.a.than: unknown key, known here: not, gt, ge, lt, le, regex",
      "10:11: sources[0].metrics[0].where.b: is empty, want not, gt, ge, lt, le or regex",
      "11:19: sources[0].metrics[0].where.c.gt: \"many\" is not a number, want one like 1, -0.5 or 1e6",
      "12:15: sources[0].metrics[0].where.d.gt: given beside ge, want one of the two",
      "13:22: sources[0].metrics[0].where.e.regex: \"[a\" is not a POSIX extended regular expression "
      "(Unmatched [, "
      "[^, [:, [., or [=), want one like V[0-9]+",
      "14:15: sources[0].metrics[0].where.f.not: is empty, want the texts that do not count"}},
};

TEST(BrokenConfigTest, BrokenFixturesAreReportedExactly) {
  const Variables variables = {{"EMPTY", ""}, {"TWO_LINES", "hunter2\nx"}, {"FORTY_ISH", "hunter2"}};
  for (const Broken& broken : kBroken) {
    const std::string file = "invalid-" + broken.rule + ".yml";
    std::vector<std::string> expected;
    for (const std::string& mistake : broken.mistakes) expected.push_back(file + ":" + mistake);
    EXPECT_EQ(Mistakes(ReadFixture(file), file, variables), expected);
  }
}

TEST(BrokenConfigTest, EveryBrokenFixtureIsInTheTable) {
  std::set<std::string> told, there;
  for (const Broken& broken : kBroken) told.insert("invalid-" + broken.rule + ".yml");
  for (const auto& entry : std::filesystem::directory_iterator(kData)) {
    const std::string file = entry.path().filename().string();
    if (file.starts_with("invalid-")) there.insert(file);
  }
  EXPECT_EQ(told, there);
}

}  // namespace
}  // namespace o2o
