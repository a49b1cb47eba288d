// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/secret.h"
#include "config/environment.h"
#include "config/yaml_document.h"

namespace o2o {

// What the readers of one configuration share.
struct Reading {
  const Environment& environment;
  std::string directory;  // relative paths start here
  std::vector<YamlProblem> problems;
  std::vector<YamlProblem> warnings{};  // of what is allowed but probably not meant
};

// What became of a key that need not be there. An empty value counts as none, since a variable may be
// empty. Unusable: it is there, but wrong (and reported), or of a part that is turned off.
enum class Given { kNo, kUnusable, kYes };

template <typename T>
struct Range {
  T min;
  T max;
};

// Typed access to one map of a configuration. Each read of a key that is there but wrong adds a problem and
// leaves the value alone, so that one pass finds every mistake; the value thus keeps its default. A key that
// no read has asked for is reported when the reader goes. Problems show a value as written in the file,
// never what a variable or a secret file holds. `reading` and the node must outlive it. One thread.
class MapReader {
 public:
  // `node` may be null or absent (nullptr): a map without keys; anything else that is not a map is reported.
  MapReader(Reading& reading, const YamlNode* node, std::string path, YamlPosition at, bool tolerant = false);
  ~MapReader();
  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;

  // From now on a missing variable or file is not a problem, here and in the sections below: the part is
  // turned off. The form is still checked.
  void Tolerate() { tolerant_ = true; }

  // Whether the key is present, whatever its value. Counts as asking for it.
  bool Has(std::string_view key);
  // Reports a key that is missing. `hint` says what would be right: "want the base URL of the OMS".
  void Require(std::string_view key, std::string_view hint);
  // Reports something about a key's value, or the map itself where the key is missing.
  void Fail(std::string_view key, std::string problem);
  // The same, with the value in front: `"x" is not a method, want ...`. Not for what may hold a secret.
  void FailValue(std::string_view key, std::string_view problem);
  // Reports something about the key as such.
  void FailKey(std::string_view key, std::string problem);
  // Reports something about the map itself.
  void FailHere(std::string problem);
  // Warns about a key whose value is allowed. Nothing where the part is turned off.
  void Warn(std::string_view key, std::string warning);

  // The keys that are present, in file order, for a map whose keys are the user's own words.
  std::vector<std::string> Keys() const;
  // Of everything in the map.
  std::size_t Fingerprint() const;
  // What kind of value the key has; kNull also where it is missing.
  YamlNode::Kind KindOf(std::string_view key);

  // Each returns true if it has read the key.
  bool Text(std::string_view key, std::string& value);  // not empty
  bool Duration(std::string_view key, Millis& value, Range<Millis> range);
  bool Integer(std::string_view key, std::int64_t& value, Range<std::int64_t> range);
  bool Bytes(std::string_view key, std::uint64_t& value, Range<std::uint64_t> range);
  bool Boolean(std::string_view key, bool& value);
  bool TextList(std::string_view key, std::vector<std::string>& values, std::size_t max_entries,
                bool repeats = false);  // none empty, and unless `repeats` none twice
  Given TextIfAny(std::string_view key, std::string& value);
  bool TextOrList(std::string_view key, std::vector<std::string>& values,
                  std::size_t max_entries);                // "" is a text here
  bool Number(std::string_view key, std::string& number);  // by JSON's grammar, kept as text
  bool JsonText(std::string_view key, std::string& json);  // a value of any kind, as JSON
  // A path to a file that can be read, made absolute or relative to the working directory. Empty counts
  // as not given.
  bool File(std::string_view key, std::string& path);
  // Exactly one of `key` (the secret) and `key`_file (the file that holds it, without the newline at its
  // end).
  bool SecretText(std::string_view key, Secret& value);
  // At most one of the two.
  Given SecretIfAny(std::string_view key, Secret& value);
  // The key's value is the path of a file that holds the secret.
  bool SecretFromFile(std::string_view key, Secret& value);
  // False if the key is there and its value is empty, false, no, off or 0.
  bool Switch(std::string_view key);

  // The map below a key; without keys where there is none.
  MapReader Section(std::string_view key);
  // Calls `read` with each map of the list below a key. False if there is no such list.
  bool Each(std::string_view key, const std::function<void(MapReader&)>& read);

 private:
  // One scalar: missing, present but unusable (and reported if that is a mistake), or its text.
  struct Scalar {
    enum class State { kAbsent, kUseless, kText };
    State state = State::kAbsent;
    std::string text;   // expanded
    std::string shown;  // for problems: as written in the file, in quotes
  };
  Scalar Take(std::string_view key, std::string_view advice = {});
  Scalar Evaluate(const YamlNode& node, const std::string& path, std::string_view advice);
  const YamlMember* Find(std::string_view key);
  struct ListRules {
    bool repeats = false;
    bool empty = false;
  };
  bool ReadTextList(std::string_view key, std::vector<std::string>& values, std::size_t max_entries,
                    ListRules rules);
  void Report(YamlPosition at, std::string path, std::string problem);
  std::string Resolve(const std::string& path) const;
  bool TakeSecretFile(std::string_view key, const Scalar& path, Secret& value);

  Reading& reading_;
  const YamlNode* node_;  // a map, or nothing
  std::string path_;
  YamlPosition at_;
  bool tolerant_;
  bool broken_ = false;  // no map: reported once, not again for each key it lacks
  std::vector<std::string> known_;
};

}  // namespace o2o
