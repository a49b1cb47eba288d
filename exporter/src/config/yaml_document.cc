// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "base/text.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxProblems = 1'000;  // beyond it the file is not a configuration

// Turns marks (bytes from 0) into positions (characters from 1).
class Lines {
 public:
  explicit Lines(std::string_view text) {
    while (true) {
      const std::size_t end = text.find('\n');
      lines_.push_back(text.substr(0, end));
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }
  // Cheap for marks that come in the order of the text, also within one very long line.
  YamlPosition At(int line, int column) {
    if (line < 0 || column < 0) return {};
    const std::size_t index = std::min(static_cast<std::size_t>(line), lines_.size() - 1);
    const std::size_t bytes = std::min(static_cast<std::size_t>(column), lines_[index].size());
    if (index != counted_line_ || bytes < counted_bytes_) {
      counted_line_ = index;
      counted_bytes_ = 0;
      counted_characters_ = 0;
    }
    for (; counted_bytes_ < bytes; ++counted_bytes_) {
      const bool continues = (static_cast<unsigned char>(lines_[index][counted_bytes_]) & 0xC0) == 0x80;
      if (!continues) ++counted_characters_;
    }
    return {line + 1, counted_characters_ + 1};
  }
  YamlPosition At(const YAML::Mark& mark) { return At(mark.line, mark.column); }
  std::string_view Text(const YAML::Mark& mark) const {
    if (mark.line < 0) return {};
    return lines_[std::min(static_cast<std::size_t>(mark.line), lines_.size() - 1)];
  }
  // The text from there to the end of its line.
  std::string_view From(const YAML::Mark& mark) const {
    const std::string_view line = Text(mark);
    return line.substr(std::min(static_cast<std::size_t>(std::max(mark.column, 0)), line.size()));
  }

 private:
  std::vector<std::string_view> lines_;
  std::size_t counted_line_ = 0;
  std::size_t counted_bytes_ = 0;
  int counted_characters_ = 0;
};

// Ends the parsing: the file broke a limit.
struct Refused {
  YamlProblem problem;
};

// Builds the tree from the parser's events. A stack of open maps and sequences is the path down to the
// current place.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(Lines& lines, YamlDocument& document) : lines_(lines), document_(document) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    YamlNode node = Begin(YamlNode::Kind::kNull, mark);
    if (ExpectsKey() && lines_.From(mark).starts_with("null")) {
      node.kind = YamlNode::Kind::kScalar;  // as a key it is a word like any other
      node.scalar = "null";
    }
    Complete(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    AddProblem(mark, "aliases (*name) are not supported, write the value out");
    document_.readable = false;  // the placeholder for the value would only be reported a second time
    Complete(Begin(YamlNode::Kind::kNull, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    YamlNode node = Begin(YamlNode::Kind::kScalar, mark);
    node.scalar = value;
    node.quoted = tag == "!";
    Complete(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    YamlNode node;
    std::unordered_set<std::string> keys;  // those of a map, to find duplicates
    bool has_key = false;                  // a map's key has come, its value not yet
    bool keep = true;                      // whether that value goes into the tree
    std::string key;
    YamlPosition key_at;
  };

  YamlNode Begin(YamlNode::Kind kind, const YAML::Mark& mark) {
    if (++nodes_ > kMaxYamlNodes) {
      throw Refused{{lines_.At(mark), "",
                     "more than " + std::to_string(kMaxYamlNodes) +
                         " values, this is not a configuration of this program"}};
    }
    YamlNode node;
    node.kind = kind;
    node.at = lines_.At(mark);
    return node;
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (static_cast<int>(levels_.size()) >= kMaxYamlDepth) {
      throw Refused{{lines_.At(mark), "",
                     "nested deeper than " + std::to_string(kMaxYamlDepth) +
                         " levels, this is not a configuration of this program"}};
    }
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    Level level;
    level.node = Begin(kind, mark);
    levels_.push_back(std::move(level));
  }

  void Close() {
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    Complete(std::move(node));
  }

  bool ExpectsKey() const {
    return !levels_.empty() && levels_.back().node.kind == YamlNode::Kind::kMap && !levels_.back().has_key;
  }

  // A node is whole: it becomes the root, an item, a key or the value of one.
  void Complete(YamlNode node) {
    if (levels_.empty()) {
      document_.root = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.kind == YamlNode::Kind::kSequence) {
      level.node.items.push_back(std::move(node));
    } else if (!level.has_key) {
      TakeKey(level, node);
    } else {
      level.has_key = false;
      if (!level.keep) return;
      if (node.kind != YamlNode::Kind::kScalar) node.at = level.key_at;
      level.node.members.push_back({std::move(level.key), level.key_at, std::move(node)});
    }
  }

  void TakeKey(Level& level, const YamlNode& node) {
    level.has_key = true;
    level.key_at = node.at;
    level.keep = false;
    if (node.kind != YamlNode::Kind::kScalar) {
      level.key.clear();
      AddProblem(node.at, Path(levels_.size() - 1), "a key must be a plain word");
      return;
    }
    level.key = node.scalar;
    level.keep = level.keys.insert(level.key).second;
    if (!level.keep) AddProblem(node.at, Path(levels_.size()), "duplicate key, give it once");
  }

  // The path of what the first `depth` levels point at.
  std::string Path(std::size_t depth) const {
    std::string path;
    for (std::size_t i = 0; i < depth; ++i) {
      const Level& level = levels_[i];
      if (level.node.kind == YamlNode::Kind::kSequence) {
        path = JoinPath(path, "[" + std::to_string(level.node.items.size()) + "]");
      } else if (level.has_key) {
        path = JoinPath(path, level.key);
      }
    }
    return path;
  }

  void AddProblem(YamlPosition at, std::string path, std::string text) {
    if (document_.problems.size() >= kMaxProblems) {
      throw Refused{{at, "", "too many mistakes, this is not a configuration of this program"}};
    }
    document_.problems.push_back({at, std::move(path), std::move(text)});
  }
  void AddProblem(const YAML::Mark& mark, std::string text) {
    AddProblem(lines_.At(mark), Path(levels_.size()), std::move(text));
  }

  void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      AddProblem(mark, "anchors (&name) are not supported, write the value out where it is needed");
    }
  }
  // The library hands out "?" for what is untagged, "!" for what is in quotes, and nothing for an
  // untagged list or map.
  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      AddProblem(mark, "tags (!name) are not supported, leave it out");
  }

  Lines& lines_;
  YamlDocument& document_;
  std::vector<Level> levels_;
  int nodes_ = 0;
};

// Anything after the first document is one too many.
class SecondDocument final : public YAML::EventHandler {
 public:
  explicit SecondDocument(Lines& lines) : lines_(lines) {}
  void OnDocumentStart(const YAML::Mark& mark) override {
    throw Refused{{lines_.At(mark), "", "a second YAML document, put everything into one (remove the ---)"}};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

 private:
  Lines& lines_;
};

// Control characters are not YAML, and the library takes U+0004 for the end of the file.
std::size_t FindControlCharacter(std::string_view text) {
  const auto found = std::find_if(text.begin(), text.end(), [](char c) {
    return (c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == '\x7F';
  });
  return static_cast<std::size_t>(found - text.begin());
}

// The parser's own words, and what is behind them most of the time.
YamlProblem SyntaxProblem(const YAML::Exception& error, Lines& lines) {
  const std::string_view line = lines.Text(error.mark);
  const std::size_t tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
  if (tab != std::string_view::npos) {
    return {lines.At(error.mark.line, static_cast<int>(tab)), "", "a tab in the indentation, use blanks"};
  }
  std::string advice = "check indentation, brackets and quotes around here";
  if (line.find("${") != std::string_view::npos) {
    advice = "write \"${NAME}\" in quotes inside [ ] or { }";
  }
  return {lines.At(error.mark), "", "not valid YAML (" + error.msg + "), " + advice};
}

YamlDocument Unreadable(YamlProblem problem) {
  YamlDocument document;
  document.readable = false;
  document.problems.push_back(std::move(problem));
  return document;
}

}  // namespace

std::string JoinPath(std::string_view parent, std::string_view key) {
  std::string path(parent);
  if (!parent.empty() && !key.starts_with('[')) path += '.';
  // What follows may be a secret, where a blank is missing or a connection string is given as a key.
  const std::size_t end = key.find_first_of(":=");
  return path.append(key.substr(0, end)).append(end == std::string_view::npos ? "" : "...");
}

YamlDocument ParseYaml(std::string_view text) {
  if (text.size() > kMaxYamlBytes) {
    return Unreadable({{}, "", "larger than 1 MiB, this is not a configuration of this program"});
  }
  if (text.starts_with("\xEF\xBB\xBF"))
    text.remove_prefix(3);  // a byte order mark, as Windows editors leave it
  if (!IsCleanUtf8(text)) {
    return Unreadable({{}, "", "not UTF-8 text, save it as UTF-8"});
  }
  Lines lines(text);
  if (const std::size_t at = FindControlCharacter(text); at < text.size()) {
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const std::size_t line_start = text.rfind('\n', at) + 1;
    return Unreadable({lines.At(static_cast<int>(line), static_cast<int>(at - line_start)), "",
                       "a control character, remove it"});
  }
  YamlDocument document;
  const auto refuse = [&document](YamlProblem problem) {
    document.readable = false;
    document.problems.push_back(std::move(problem));
  };
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(lines, document);
    parser.HandleNextDocument(builder);
    SecondDocument second(lines);
    parser.HandleNextDocument(second);
  } catch (const Refused& refused) {
    refuse(refused.problem);
  } catch (const YAML::Exception& error) {
    refuse(SyntaxProblem(error, lines));
  } catch (const std::exception&) {
    refuse({{}, "", "cannot be read as YAML, check it with a YAML linter"});
  }
  return document;
}

}  // namespace o2o
