// SPDX-License-Identifier: Apache-2.0
// What our exposition is held against: prometheus-cpp's Exposer with series read from a file.
//   bench_exposer FILE
// A line of the file is city, product, state, vendor code and value, with tabs in between. Says the port on
// one line of stdout once it listens, and serves until it is killed.
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

void AddSeries(prometheus::Registry& registry, const std::string& path) {
  auto& family = prometheus::BuildGauge()
                     .Name("shop_stock_left")
                     .Help("Pieces that are left, as of the last poll.")
                     .Register(registry);
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string city, product, state, vendor_code;
    double value = 0;
    if (!(words >> city >> product >> state >> vendor_code >> value))
      throw std::runtime_error("not a line of five words: " + line);
    family.Add({{"city", city}, {"product", product}, {"state", state}, {"vendor_code", vendor_code}})
        .Set(value);
  }
  if (!file.eof()) throw std::runtime_error("cannot read " + path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " FILE\n";
    return 2;
  }
  try {
    const auto registry = std::make_shared<prometheus::Registry>();
    AddSeries(*registry, argv[1]);
    prometheus::Exposer exposer("127.0.0.1:0");
    exposer.RegisterCollectable(registry);
    std::cout << "listening on " << exposer.GetListeningPorts().at(0) << std::endl;
    for (;;) pause();
  } catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << "\n";
    return 1;
  }
}
