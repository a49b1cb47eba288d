// SPDX-License-Identifier: Apache-2.0
#include "metrics/exposition.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace o2o {
namespace {

// Cuts the next piece up to `separator` off `rest`.
std::string_view CutPiece(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const std::string_view piece = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return Trim(piece);
}

// One element of Accept or Accept-Encoding.
struct Choice {
  std::string name;
  std::map<std::string, std::string> parameters;
  double quality = 1;
};

double ParseQuality(const std::string& text) {
  double quality = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quality);
  if (error != std::errc() || end != text.data() + text.size()) return 0;
  return quality >= 0 && quality <= 1 ? quality : 0;  // NaN too
}

std::vector<Choice> ParseChoices(std::string_view header) {
  std::vector<Choice> choices;
  while (!header.empty()) {
    std::string_view element = CutPiece(header, ',');
    Choice choice;
    choice.name = LowerCase(CutPiece(element, ';'));
    if (choice.name.empty()) continue;
    while (!element.empty()) {
      std::string_view value = CutPiece(element, ';');
      const std::string key = LowerCase(CutPiece(value, '='));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      choice.parameters[key] = LowerCase(Trim(value));
    }
    if (const auto q = choice.parameters.find("q"); q != choice.parameters.end()) {
      choice.quality = ParseQuality(q->second);
    }
    choices.push_back(std::move(choice));
  }
  return choices;
}

// How well an answer of this type and version suits: by the most specific element that speaks of it, as RFC
// 9110 has it.
double QualityOf(const std::vector<Choice>& choices, std::string_view main_type, std::string_view full_type,
                 const std::vector<std::string_view>& versions) {
  double quality = 0;
  int best = -1;
  for (const Choice& choice : choices) {
    int specific = -1;
    if (choice.name == "*/*") {
      specific = 0;
    } else if (choice.name == std::string(main_type) + "/*") {
      specific = 1;
    } else if (choice.name == full_type) {
      const auto version = choice.parameters.find("version");
      if (version == choice.parameters.end()) {
        specific = 2;
      } else if (std::find(versions.begin(), versions.end(), version->second) != versions.end()) {
        specific = 3;
      }
    }
    if (specific > best || (specific == best && specific >= 0 && choice.quality > quality)) {
      best = specific;
      quality = choice.quality;
    }
  }
  return quality;
}

class Composer {
 public:
  Composer(Exposition& exposition, ExpositionFormat format)
      : exposition_(exposition), openmetrics_(format == ExpositionFormat::kOpenMetrics) {}

  void ComposePlain(const std::vector<FamilyGroup>& groups, std::string own_text) {
    Reserve(groups);
    for (const FamilyGroup& group : groups) {
      const FamilyBlock& first = *group.blocks.front();
      AddPart(openmetrics_ ? first.openmetrics_header : first.header);
      for (const FamilyBlock* block : group.blocks) AddPart(block->samples);
    }
    AddOwn(std::move(own_text));
  }

  void ComposeGzip(const std::vector<FamilyGroup>& groups, const std::string& own_text) {
    Reserve(groups);
    AddPart(GzipHead());
    for (const FamilyGroup& group : groups) {
      const FamilyBlock& first = *group.blocks.front();
      AddPiece(openmetrics_ ? first.deflated_openmetrics_header : first.deflated_header);
      for (const FamilyBlock* block : group.blocks) AddPiece(block->deflated_samples);
    }
    Deflated own = StoredBlock(own_text);
    sum_.Add(own);
    AddOwn(std::move(own.bytes));
    AddOwn(sum_.Tail());
  }

 private:
  void Reserve(const std::vector<FamilyGroup>& groups) {
    std::size_t parts = 3;
    for (const FamilyGroup& group : groups) parts += 1 + group.blocks.size();
    exposition_.parts.reserve(parts);
    exposition_.own.reserve(2);  // parts point at them: they must not move
  }
  void AddPart(std::string_view bytes) {
    if (bytes.empty()) return;
    exposition_.parts.push_back(bytes);
    exposition_.bytes += bytes.size();
  }
  void AddPiece(const Deflated& piece) {
    AddPart(piece.bytes);
    sum_.Add(piece);
  }
  void AddOwn(std::string bytes) {
    exposition_.own.push_back(std::move(bytes));
    AddPart(exposition_.own.back());
  }

  Exposition& exposition_;
  const bool openmetrics_;
  GzipSum sum_;
};

}  // namespace

std::shared_ptr<const Exposition> Compose(SnapshotBoard::Snapshots snapshots, std::string own_text,
                                          ExpositionFormat format, bool gzip) {
  auto exposition = std::make_shared<Exposition>();
  exposition->snapshots = std::move(snapshots);
  exposition->gzip = gzip;
  exposition->content_type = format == ExpositionFormat::kOpenMetrics
                                 ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                 : "text/plain; version=0.0.4; charset=utf-8";
  if (format == ExpositionFormat::kOpenMetrics) own_text += "# EOF\n";
  const std::vector<FamilyGroup> groups = GroupByFamily(exposition->snapshots);
  Composer composer(*exposition, format);
  if (gzip) {
    composer.ComposeGzip(groups, own_text);
  } else {
    composer.ComposePlain(groups, std::move(own_text));
  }
  return exposition;
}

ExpositionFormat NegotiateFormat(std::string_view accept) {
  const std::vector<Choice> choices = ParseChoices(accept);
  const double openmetrics = QualityOf(choices, "application", "application/openmetrics-text", {"1.0.0"});
  const double text = QualityOf(choices, "text", "text/plain", {"0.0.4"});
  return openmetrics > text ? ExpositionFormat::kOpenMetrics : ExpositionFormat::kText;
}

bool AcceptsGzip(std::string_view accept_encoding) {
  std::optional<double> gzip;
  std::optional<double> any;
  double identity = 0;
  for (const Choice& choice : ParseChoices(accept_encoding)) {
    if (choice.name == "gzip" || choice.name == "x-gzip") gzip = std::max(gzip.value_or(0), choice.quality);
    if (choice.name == "*") any = choice.quality;
    if (choice.name == "identity") identity = choice.quality;
  }
  const double quality = gzip.value_or(any.value_or(0));
  return quality > 0 && quality >= identity;
}

}  // namespace o2o
