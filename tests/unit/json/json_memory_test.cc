// SPDX-License-Identifier: Apache-2.0
// What RapidJSON does for us, while memory runs out: it throws, and nothing is written through a null
// pointer.
#include <gtest/gtest.h>

#include <string>

#include "fakes/failing_allocation.h"
#include "json/json_fields.h"
#include "json/json_writer.h"

namespace o2o {
namespace {

TEST(JsonMemoryTest, WriterThrows) {
  const std::string value(1'000, 'v');
  std::string written;
  const long failures = ForEveryFailingAllocation(
      [&] {
        JsonWriter json;
        for (int depth = 0; depth < 100; ++depth) json.StartObject().Key("a");
        json.Text(value);
        for (int depth = 0; depth < 100; ++depth) json.EndObject();
        written = json.text();
      },
      [](long) {});
  EXPECT_GT(failures, 2);
  EXPECT_EQ(written.size(), value.size() + 2 + 100 * 6);
}

TEST(JsonMemoryTest, ReaderThrows) {
  std::string text = "\"" + std::string(1'000, 'v') + "\"";
  for (int depth = 0; depth < 1'000; ++depth) text = "[" + text + "]";
  text = "{\"list\": " + text + ", \"id\": \"" + std::string(1'000, 'i') + "\"}";
  std::string id;
  const long failures =
      ForEveryFailingAllocation([&] { id = FieldText(ReadJsonFields(text), "id"); }, [](long) {});
  EXPECT_GT(failures, 2);
  EXPECT_EQ(id, std::string(1'000, 'i'));
}

}  // namespace
}  // namespace o2o
