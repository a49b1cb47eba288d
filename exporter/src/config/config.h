// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/secret.h"
#include "orders/order.h"

// The configuration as plain values. Defaults are here and, for what a kind of source has of its own, in
// its struct, and nowhere else; what each key means to a user is said in docs/configuration.md.
namespace o2o {

struct WebConfig {
  std::string listen_address = ":9847";  // [host]:port
  int max_requests = 40;                 // scrapes at once; beyond it 503
};

struct RejectedRowsConfig {
  std::int64_t max_rows = 10'000;
  std::uint64_t max_payload_bytes = 64u << 10;
  Millis retention{std::chrono::days(30)};
};

struct StoreConfig {
  Secret dsn;                  // libpq connection string or URI
  std::string schema = "o2o";  // what holds our tables, and nobody else's
  Millis connect_timeout{5'000};
  Millis statement_timeout{30'000};
  Millis lock_timeout{5'000};
  RejectedRowsConfig rejected_rows;
};

// The meaning of the orders' words.
struct OrdersConfig {
  // Known ones: their counters exist at 0 from the first scrape. Others are counted as they come.
  std::vector<std::string> order_types = {"delivery", "pickup", "dine_in"};
  // In the usual way of an order. A status that is not listed is open and never delayed.
  std::vector<StatusRule> statuses = {
      {"PENDING", Outcome::kOpen, std::chrono::minutes(10)},
      {"CONFIRMED", Outcome::kOpen, std::chrono::minutes(10)},
      {"PREPARING", Outcome::kOpen, std::chrono::minutes(45)},
      {"DELIVERING", Outcome::kOpen, std::chrono::minutes(60)},
      {"COMPLETED", Outcome::kCompleted, std::nullopt},
      {"FAILED", Outcome::kFailed, std::nullopt},
      {"CANCELLED", Outcome::kFailed, std::nullopt},
  };
};

// An HTTP proxy on the way to an upstream.
struct ProxyConfig {
  std::string url;  // empty: none
  std::string user;
  Secret password;
};

struct TlsConfig {
  std::string ca_file;
  std::string client_cert_file;
  std::string client_key_file;
  bool insecure_skip_verify = false;
};

// What the block of a kind of source says: a struct of the kind's own, made by its SourceKind::read.
struct KindConfig {
  virtual ~KindConfig() = default;
};

struct SourceConfig {
  std::string name;
  Millis interval{15'000};
  Millis timeout{
      10'000};  // resolved by the loader: two thirds of the interval, at most a minute, unless given
  Millis stale_after{0};                          // the same: 3 intervals
  std::string kind;                               // the key of its block
  std::shared_ptr<const KindConfig> kind_config;  // never null from the loader
  // Of all that configures it, beside the store and the meaning of orders: equal ones make equal sources.
  std::size_t fingerprint = 0;
};

struct Config {
  WebConfig web;
  std::optional<StoreConfig> store;  // needed by a source that keeps orders
  OrdersConfig orders;
  std::size_t orders_fingerprint = 0;  // of the two, as SourceConfig's
  std::vector<SourceConfig> sources;   // the enabled ones, in file order
  std::vector<std::string> disabled;   // names of sources whose `enabled_if` came out empty
  std::vector<std::string> left_out;   // names of enabled ones beside the only one that was asked for
  std::vector<std::string> warnings;   // allowed, but probably not meant; written like the mistakes
};

}  // namespace o2o
