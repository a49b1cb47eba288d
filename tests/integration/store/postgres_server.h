// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

// A private PostgreSQL server in a temporary folder, reachable through a unix socket only. One per test
// program: started by the first test, stopped and removed at the end. Where O2O_POSTGRES names the address of
// one that runs already ("host=/tmp/x port=20000", open to all roles), that one is used and left running.
class PostgresServer {
 public:
  static PostgresServer& Shared();
  ~PostgresServer();

  void Start();
  void Stop();  // disconnects everybody
  int MainPid() const;

  // libpq's string for a superuser or for `role`.
  std::string Dsn(const std::string& database, const std::string& role = "postgres") const;
  const std::string& directory() const { return directory_; }

 private:
  PostgresServer();
  void Run(const std::string& command) const;

  std::string bin_;
  std::string directory_;  // empty where the server is not ours
  std::string address_;
};
