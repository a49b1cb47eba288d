// SPDX-License-Identifier: Apache-2.0
#include "integration/store/postgres_server.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace fs = std::filesystem;

namespace {

std::string FindBinaries() {
  std::string best;
  int newest = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator("/usr/lib/postgresql")) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version > newest && fs::exists(entry.path() / "bin/initdb")) {
      newest = version;
      best = entry.path() / "bin";
    }
  }
  if (best.empty())
    throw std::runtime_error("no PostgreSQL server under /usr/lib/postgresql: install package postgresql");
  return best;
}

}  // namespace

PostgresServer& PostgresServer::Shared() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() {
  if (const char* running = std::getenv("O2O_POSTGRES")) {
    address_ = running;
    return;
  }
  bin_ = FindBinaries();
  std::string path = (fs::temp_directory_path() / "o2o-pg-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
  directory_ = path;
  address_ = "host=" + directory_;
  if (geteuid() == 0) {  // the server refuses to run as root
    const passwd* postgres = getpwnam("postgres");
    if (postgres == nullptr || chown(path.c_str(), postgres->pw_uid, postgres->pw_gid) != 0) {
      throw std::runtime_error("running as root needs a user named postgres");
    }
  }
  Run("initdb -D " + directory_ +
      "/data -U postgres -A trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null");
  std::ofstream(directory_ + "/data/postgresql.conf", std::ios::app)
      << "listen_addresses = ''\nunix_socket_directories = '" << directory_ << "'\nfsync = off\n"
      << "deadlock_timeout = 100ms\nautovacuum = off\nmax_connections = 50\n";
  Start();
}

PostgresServer::~PostgresServer() {
  if (directory_.empty()) return;
  std::error_code ignored;
  try {
    Stop();
  } catch (const std::exception&) {  // already stopped
  }
  fs::remove_all(directory_, ignored);
}

void PostgresServer::Run(const std::string& command) const {
  const std::string as = geteuid() == 0 ? "runuser -u postgres -- " : "";
  const std::string line = "cd " + directory_ + " && " + as + bin_ + "/" + command;
  if (std::system(line.c_str()) != 0) throw std::runtime_error("failed: " + line);
}

void PostgresServer::Start() { Run("pg_ctl -D data -l log -w -t 60 start >/dev/null"); }
void PostgresServer::Stop() { Run("pg_ctl -D data -m fast -w -t 60 stop >/dev/null"); }

int PostgresServer::MainPid() const {
  int pid = 0;
  std::ifstream(directory_ + "/data/postmaster.pid") >> pid;
  return pid;
}

std::string PostgresServer::Dsn(const std::string& database, const std::string& role) const {
  return address_ + " user=" + role + " dbname=" + database;
}
