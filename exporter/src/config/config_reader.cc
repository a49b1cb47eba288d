// SPDX-License-Identifier: Apache-2.0
#include "config/config_reader.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/ascii.h"
#include "base/secret_file.h"
#include "base/text.h"
#include "base/text_file.h"
#include "config/fingerprint.h"
#include "config/number_text.h"
#include "config/suggestion.h"
#include "config/yaml_json.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxShownBytes = 80;
constexpr std::size_t kMaxKeyBytes = 40;
constexpr std::string_view kSetIt = "set it or give a default as in ${NAME:-default}";
constexpr std::size_t kMaxCaFileBytes =
    4u << 20;  // a machine's whole bundle of authorities is a quarter of a MiB

// A text of the file in quotes, on one line, not too long.
std::string Shown(std::string_view raw) {
  std::string text = CutUtf8(raw, kMaxShownBytes);
  std::replace_if(text.begin(), text.end(), IsControl, ' ');
  return '"' + text + (text.size() < raw.size() ? "...\"" : "\"");
}

// Meant to be empty: "", and not a variable that happens to be.
bool IsEmptyText(const YamlNode& node) { return node.kind == YamlNode::Kind::kScalar && node.scalar.empty(); }

std::string FormatBytes(std::uint64_t bytes) {
  if (bytes >= 1u << 30 && bytes % (1u << 30) == 0) return std::to_string(bytes >> 30) + "GiB";
  if (bytes >= 1u << 20 && bytes % (1u << 20) == 0) return std::to_string(bytes >> 20) + "MiB";
  if (bytes >= 1u << 10 && bytes % (1u << 10) == 0) return std::to_string(bytes >> 10) + "KiB";
  return std::to_string(bytes);
}

// Whether a text is surely a path, by its form or by what there is. Else it may be the secret itself, by a
// slip of the keyboard.
bool IsPath(const std::string& text, const std::filesystem::path& resolved) {
  constexpr std::string_view kUsual = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
  const std::filesystem::path written(text);
  const bool whole = written.is_absolute() && !written.parent_path().relative_path().empty();
  if (whole && text.find_first_not_of(kUsual) == std::string::npos) return true;
  std::error_code error;
  if (std::filesystem::exists(resolved, error)) return true;
  const std::filesystem::path folder = written.parent_path();
  return !folder.relative_path().empty() && std::filesystem::is_directory(resolved.parent_path(), error);
}

}  // namespace

MapReader::MapReader(Reading& reading, const YamlNode* node, std::string path, YamlPosition at, bool tolerant)
    : reading_(reading), node_(node), path_(std::move(path)), at_(at), tolerant_(tolerant) {
  if (node_ && node_->kind == YamlNode::Kind::kNull) node_ = nullptr;
  if (node_ && node_->kind != YamlNode::Kind::kMap) {
    // Does not show the value: it may well be a DSN.
    Report(node_->at, path_, "is not a map, want keys and values below it");
    node_ = nullptr;
    broken_ = true;
  }
}

MapReader::~MapReader() {
  if (!node_) return;
  for (const YamlMember& member : node_->members) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    // Only as much as is surely a name: `api_key:hunter2` is a key to YAML, and so may a whole DSN be.
    const std::string name = member.key.substr(0, std::min(member.key.find_first_of(":= \t"), kMaxKeyBytes));
    const bool cut = name.size() < member.key.size();
    const bool no_blank = cut && std::find(known_.begin(), known_.end(), name) != known_.end();
    std::string shown = Shown(name);
    shown = shown.substr(1, shown.size() - 2) + (cut ? "..." : "");
    Report(member.at, JoinPath(path_, shown),
           no_blank ? "unknown key, want a blank behind the colon, as in " + name + ": value"
                    : "unknown key, " + Suggestion(name, known_));
  }
}

const YamlMember* MapReader::Find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  if (!node_) return nullptr;
  for (const YamlMember& member : node_->members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

void MapReader::Report(YamlPosition at, std::string path, std::string problem) {
  reading_.problems.push_back({at, std::move(path), std::move(problem)});
}

bool MapReader::Has(std::string_view key) { return Find(key) != nullptr; }

void MapReader::Require(std::string_view key, std::string_view hint) {
  if (broken_ || Has(key)) return;
  Report(at_, JoinPath(path_, key), "missing, " + std::string(hint));
}

void MapReader::Fail(std::string_view key, std::string problem) {
  const YamlMember* member = Find(key);
  Report(member ? member->value.at : at_, JoinPath(path_, key), std::move(problem));
}

void MapReader::FailValue(std::string_view key, std::string_view problem) {
  const YamlMember* member = Find(key);
  Fail(key, (member ? Shown(member->value.scalar) + " " : "") + std::string(problem));
}

void MapReader::FailKey(std::string_view key, std::string problem) {
  const YamlMember* member = Find(key);
  Report(member ? member->at : at_, JoinPath(path_, key), std::move(problem));
}

void MapReader::FailHere(std::string problem) {
  if (!broken_) Report(at_, path_, std::move(problem));
}

void MapReader::Warn(std::string_view key, std::string warning) {
  if (tolerant_) return;
  const YamlMember* member = Find(key);
  reading_.warnings.push_back({member ? member->at : at_, JoinPath(path_, key), std::move(warning)});
}

std::vector<std::string> MapReader::Keys() const {
  std::vector<std::string> keys;
  if (!node_) return keys;
  for (const YamlMember& member : node_->members) keys.push_back(member.key);
  return keys;
}

std::size_t MapReader::Fingerprint() const {
  return node_ ? o2o::Fingerprint(*node_, reading_.environment, reading_.directory) : 0;
}

YamlNode::Kind MapReader::KindOf(std::string_view key) {
  const YamlMember* member = Find(key);
  return member ? member->value.kind : YamlNode::Kind::kNull;
}

MapReader::Scalar MapReader::Evaluate(const YamlNode& node, const std::string& path,
                                      std::string_view advice) {
  Scalar scalar;
  scalar.state = Scalar::State::kUseless;
  if (node.kind == YamlNode::Kind::kSequence || node.kind == YamlNode::Kind::kMap) {
    Report(node.at, path,
           std::string("is a ") + (node.kind == YamlNode::Kind::kMap ? "map" : "list") +
               ", want a single value");
    return scalar;
  }
  tl::expected<std::string, ExpansionFailure> text = Expand(node.scalar, reading_.environment);
  if (!text) {
    const ExpansionFailure& failure = text.error();
    if (failure.missing_variable && tolerant_) return scalar;
    Report(node.at, path,
           failure.missing_variable ? failure.problem + ", " + std::string(advice) : failure.problem);
    return scalar;
  }
  if (HasControl(*text)) {
    Report(node.at, path, "holds a line break or another control character, write it on one line");
    return scalar;
  }
  if (tolerant_ && text->empty()) return scalar;  // the same as a missing variable: ${NAME:-}
  if (!tolerant_ && HoldsBareVariable(node.scalar)) {
    reading_.warnings.push_back(
        {node.at, path, "a $ before a name is taken literally, write ${NAME} for a variable, or $$NAME"});
  }
  scalar.state = Scalar::State::kText;
  scalar.text = std::move(*text);
  scalar.shown = Shown(node.scalar);
  return scalar;
}

MapReader::Scalar MapReader::Take(std::string_view key, std::string_view advice) {
  const YamlMember* member = Find(key);
  if (!member) return {};
  return Evaluate(member->value, JoinPath(path_, key), advice.empty() ? kSetIt : advice);
}

bool MapReader::Text(std::string_view key, std::string& value) {
  const Scalar scalar = Take(key);
  if (scalar.state != Scalar::State::kText) return false;
  if (scalar.text.empty()) {
    Fail(key, "has no value, give it one or remove the key");
    return false;
  }
  value = scalar.text;
  return true;
}

bool MapReader::TextOrList(std::string_view key, std::vector<std::string>& values, std::size_t max_entries) {
  const YamlMember* member = Find(key);
  if (member && member->value.kind == YamlNode::Kind::kSequence) {
    return ReadTextList(key, values, max_entries, {.empty = true});
  }
  std::string value;
  if (!(member && IsEmptyText(member->value)) && !Text(key, value)) return false;
  values.assign(1, value);
  return true;
}

Given MapReader::TextIfAny(std::string_view key, std::string& value) {
  const Scalar scalar = Take(key);
  if (scalar.state == Scalar::State::kUseless) return Given::kUnusable;
  if (scalar.state == Scalar::State::kAbsent || scalar.text.empty()) return Given::kNo;
  value = scalar.text;
  return Given::kYes;
}

bool MapReader::Number(std::string_view key, std::string& number) {
  const Scalar scalar = Take(key);
  if (scalar.state != Scalar::State::kText) return false;
  if (!IsSampleNumber(scalar.text)) {
    Fail(key, scalar.shown + " is not a number, want one like 1, -0.5 or 1e6");
    return false;
  }
  number = scalar.text;
  return true;
}

bool MapReader::JsonText(std::string_view key, std::string& json) {
  const YamlMember* member = Find(key);
  if (!member) return false;
  const std::string path = JoinPath(path_, key);
  std::optional<std::string> text = YamlToJson(
      member->value, [&](const YamlNode& node, const std::string& below) -> std::optional<std::string> {
        Scalar scalar = Evaluate(node, JoinPath(path, below), kSetIt);
        if (scalar.state != Scalar::State::kText) return std::nullopt;
        return std::move(scalar.text);
      });
  if (!text) return false;
  json = std::move(*text);
  return true;
}

bool MapReader::Duration(std::string_view key, Millis& value, Range<Millis> range) {
  const Scalar scalar = Take(key);
  if (scalar.state != Scalar::State::kText) return false;
  const std::optional<Millis> duration = ParseDuration(scalar.text);
  if (!duration) {
    Fail(key, scalar.shown + " is not a duration, want one like 500ms, 30s or 1h30m");
  } else if (*duration < range.min) {
    Fail(key, scalar.shown + " is too short, want at least " + FormatDuration(range.min));
  } else if (*duration > range.max) {
    Fail(key, scalar.shown + " is too long, want at most " + FormatDuration(range.max));
  } else {
    value = *duration;
    return true;
  }
  return false;
}

bool MapReader::Integer(std::string_view key, std::int64_t& value, Range<std::int64_t> range) {
  const Scalar scalar = Take(key);
  if (scalar.state != Scalar::State::kText) return false;
  const std::optional<std::int64_t> number = ParseWholeNumber(scalar.text);
  const std::string wanted =
      ", want a whole number from " + std::to_string(range.min) + " to " + std::to_string(range.max);
  if (!number) {
    Fail(key, scalar.shown + " is not a whole number" + wanted);
  } else if (*number < range.min || *number > range.max) {
    Fail(key, scalar.shown + " is out of range" + wanted);
  } else {
    value = *number;
    return true;
  }
  return false;
}

bool MapReader::Bytes(std::string_view key, std::uint64_t& value, Range<std::uint64_t> range) {
  const Scalar scalar = Take(key);
  if (scalar.state != Scalar::State::kText) return false;
  const std::optional<std::uint64_t> bytes = ParseByteSize(scalar.text);
  if (!bytes) {
    Fail(key, scalar.shown + " is not a size, want one like 64KiB, 10MB or 1GiB");
  } else if (*bytes < range.min || *bytes > range.max) {
    Fail(key,
         scalar.shown + " is out of range, want " + FormatBytes(range.min) + " to " + FormatBytes(range.max));
  } else {
    value = *bytes;
    return true;
  }
  return false;
}

bool MapReader::Boolean(std::string_view key, bool& value) {
  const Scalar scalar = Take(key);
  if (scalar.state != Scalar::State::kText) return false;
  if (scalar.text != "true" && scalar.text != "false") {
    Fail(key, scalar.shown + " is not a boolean, want true or false");
    return false;
  }
  value = scalar.text == "true";
  return true;
}

bool MapReader::TextList(std::string_view key, std::vector<std::string>& values, std::size_t max_entries,
                         bool repeats) {
  return ReadTextList(key, values, max_entries, {.repeats = repeats});
}

bool MapReader::ReadTextList(std::string_view key, std::vector<std::string>& values, std::size_t max_entries,
                             ListRules rules) {
  const YamlMember* member = Find(key);
  if (!member) return false;
  if (member->value.kind != YamlNode::Kind::kSequence) {
    Fail(key, "is not a list, want one like [first, second]");
    return false;
  }
  if (member->value.items.size() > max_entries) {
    Fail(key, "has more than " + std::to_string(max_entries) + " entries, want fewer");
    return false;
  }
  std::vector<std::string> read;
  for (std::size_t i = 0; i < member->value.items.size(); ++i) {
    const YamlNode& item = member->value.items[i];
    const std::string path = JoinPath(JoinPath(path_, key), "[" + std::to_string(i) + "]");
    const Scalar scalar = Evaluate(item, path, kSetIt);
    if (scalar.state != Scalar::State::kText) continue;
    if (scalar.text.empty() && !(rules.empty && IsEmptyText(item))) {
      Report(item.at, path, "has no value, give it one or remove it");
    } else if (!rules.repeats && std::find(read.begin(), read.end(), scalar.text) != read.end()) {
      Report(item.at, path, scalar.shown + " appears twice, give it once");
    } else {
      read.push_back(scalar.text);
    }
  }
  values = std::move(read);
  return true;
}

std::string MapReader::Resolve(const std::string& path) const {
  return (std::filesystem::path(reading_.directory) / path).string();
}

bool MapReader::File(std::string_view key, std::string& path) {
  const Scalar scalar = Take(key);
  if (scalar.state != Scalar::State::kText || scalar.text.empty()) return false;
  const std::string resolved = Resolve(scalar.text);
  if (const auto text = ReadTextFile(resolved, kMaxCaFileBytes); !text && !tolerant_) {
    Fail(key, scalar.shown + " " + text.error() + ", want a file that this program may read");
    return false;
  }
  path = resolved;
  return true;
}

bool MapReader::SecretText(std::string_view key, Secret& value) {
  const Given given = SecretIfAny(key, value);
  if (given == Given::kNo && !broken_) {
    Fail(key, "missing, want " + std::string(key) + " or " + std::string(key) + "_file");
  }
  return given == Given::kYes;
}

Given MapReader::SecretIfAny(std::string_view key, Secret& value) {
  const std::string file_key = std::string(key) + "_file";
  const Scalar direct = Take(key, "set it or use " + file_key);
  const Scalar path = Take(file_key);
  const auto given = [](const Scalar& scalar) {
    return scalar.state == Scalar::State::kUseless ||
           (scalar.state == Scalar::State::kText && !scalar.text.empty());
  };
  const bool useless = direct.state == Scalar::State::kUseless || path.state == Scalar::State::kUseless;
  if (useless && tolerant_) return Given::kUnusable;
  if (given(direct) && given(path)) {
    Fail(file_key, "given beside " + std::string(key) + ", want one of the two");
    return Given::kUnusable;
  }
  if (!given(direct) && !given(path)) return Given::kNo;
  if (useless) return Given::kUnusable;
  if (given(path)) return TakeSecretFile(file_key, path, value) ? Given::kYes : Given::kUnusable;
  value = Secret(direct.text);
  return Given::kYes;
}

bool MapReader::SecretFromFile(std::string_view key, Secret& value) {
  const Scalar path = Take(key);
  if (path.state != Scalar::State::kText) return false;
  if (path.text.empty()) {
    Fail(key, "has no value, want the path of a file");
    return false;
  }
  return TakeSecretFile(key, path, value);
}

bool MapReader::TakeSecretFile(std::string_view key, const Scalar& path, Secret& value) {
  const std::string resolved = Resolve(path.text);
  tl::expected<SecretFileText, std::string> held = ReadSecretFile(resolved);
  if (!held) {
    const std::string file = IsPath(path.text, resolved) ? path.shown : "the file that it should name";
    if (!tolerant_) Fail(key, file + " " + held.error());
    return false;
  }
  if (!held->left_out.empty()) {
    Warn(key, "the file has " + held->left_out + ", which is left out: it is not part of the secret");
  }
  value = Secret::FromFile(resolved, std::move(held->text));
  return true;
}

bool MapReader::Switch(std::string_view key) {
  const Scalar scalar = Take(key);
  if (scalar.state != Scalar::State::kText) return true;
  const std::string word = LowerCase(scalar.text);
  return !(word.empty() || word == "false" || word == "no" || word == "off" || word == "0");
}

MapReader MapReader::Section(std::string_view key) {
  const YamlMember* member = Find(key);
  return MapReader(reading_, member ? &member->value : nullptr, JoinPath(path_, key),
                   member ? member->at : at_, tolerant_);
}

bool MapReader::Each(std::string_view key, const std::function<void(MapReader&)>& read) {
  const YamlMember* member = Find(key);
  if (!member) return false;
  if (member->value.kind != YamlNode::Kind::kSequence) {
    Fail(key, "is not a list, want entries that begin with - below it");
    return false;
  }
  for (std::size_t i = 0; i < member->value.items.size(); ++i) {
    const YamlNode& item = member->value.items[i];
    MapReader entry(reading_, &item, JoinPath(JoinPath(path_, key), "[" + std::to_string(i) + "]"), item.at,
                    tolerant_);
    read(entry);
  }
  return true;
}

}  // namespace o2o
