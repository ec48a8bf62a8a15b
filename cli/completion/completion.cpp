#include "cli/completion/completion.hpp"

#include <algorithm>
#include <set>

#include "cli/command_line.hpp"

namespace hoiku::cli {
namespace {

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

bool begins_with(const std::string& text, const std::string& word) { return text.compare(0, word.size(), word) == 0; }

// Follows the words before the cursor as CLI11 would.
class Walk {
 public:
  explicit Walk(const CLI::App& app) : app_(app) {}

  void take(const std::string& word) {
    if (const CLI::Option* option = std::exchange(open_, nullptr)) return note(*option, word);
    const auto equals = word.find('=');
    if (const CLI::Option* option = find_option(word.substr(0, equals))) {
      if (!takes_value(*option)) return;
      if (equals == std::string::npos) {
        open_ = option;
      } else {
        note(*option, word.substr(equals + 1));
      }
    } else if (!verb_) {
      for (const CLI::App* verb : app_.get_subcommands([](const CLI::App*) { return true; })) {
        if (verb->get_name() == word) verb_ = verb;
      }
    } else {
      ++positionals_;
    }
  }

  Completion at(const std::string& word) const {
    Completion completion;
    completion.word = word;
    completion.endpoint = endpoint_;
    if (open_ != nullptr) {
      add_choices(*open_, word, completion);
    } else if (!word.empty() && word.front() == '-') {
      if (verb_ != nullptr) add_options(*verb_, word, completion);
      add_options(app_, word, completion);
    } else if (verb_ == nullptr) {
      for (const CLI::App* verb : app_.get_subcommands([](const CLI::App*) { return true; })) {
        if (begins_with(verb->get_name(), word))
          completion.candidates.push_back({verb->get_name(), verb->get_description()});
      }
    } else if (const CLI::Option* positional = next_positional()) {
      const std::string name = positional->get_name(true);
      completion.wants_topics = name == topic_argument || name == pattern_argument;
      add_choices(*positional, word, completion);
    }
    return completion;
  }

 private:
  void note(const CLI::Option& option, const std::string& value) {
    if (option.check_lname("endpoint")) endpoint_ = value;
  }

  const CLI::Option* find_option(const std::string& word) const {
    if (word.size() < 2 || word.front() != '-') return nullptr;
    const CLI::Option* found = verb_ != nullptr ? verb_->get_option_no_throw(word) : nullptr;
    return found != nullptr ? found : app_.get_option_no_throw(word);
  }

  const CLI::Option* next_positional() const {
    int place = positionals_;
    for (const CLI::Option* option : verb_->get_options()) {
      if (option->get_positional() && place-- == 0) return option;
    }
    return nullptr;
  }

  static void add_options(const CLI::App& app, const std::string& word, Completion& completion) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        const std::string text = "--" + name;
        const auto& known = completion.candidates;
        const auto is_same = [&](const Candidate& other) { return other.text == text; };  // --help is an option of both
        if (begins_with(text, word) && std::none_of(known.begin(), known.end(), is_same))
          completion.candidates.push_back({text, option->get_description()});
      }
    }
  }

  // A type such as "a|b|c" lists its choices. A choice such as "b:C" has an open part, which is not completed.
  static void add_choices(const CLI::Option& option, const std::string& word, Completion& completion) {
    const std::string type = option.get_type_name();
    if (type.find('|') == std::string::npos) return;
    for (std::size_t from = 0; from <= type.size();) {
      const std::size_t to = std::min(type.find('|', from), type.size());
      const std::string choice = type.substr(from, to - from);
      const bool is_open = choice.find(':') != std::string::npos;
      if (begins_with(choice, word) && !is_open) completion.candidates.push_back({choice, ""});
      from = to + 1;
    }
  }

  const CLI::App& app_;
  const CLI::App* verb_ = nullptr;
  const CLI::Option* open_ = nullptr;  // its value comes next
  int positionals_ = 0;                // of the verb, so far
  std::optional<std::string> endpoint_;
};

}  // namespace

Completion complete(const CLI::App& app, const std::vector<std::string>& words) {
  Walk walk(app);
  if (words.empty()) return walk.at("");
  for (std::size_t i = 0; i + 1 < words.size(); ++i) walk.take(words[i]);
  return walk.at(words.back());
}

std::string pattern_for(std::string_view word) {
  const std::size_t slash = word.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? std::string_view() : word.substr(0, slash + 1);
  if (folder.empty() && word.starts_with('$'))
    return std::string(word) + "/**";  // only patterns that begin with '$' match such topics
  return std::string(folder) + "**";
}

std::vector<Candidate> next_segments(const std::vector<std::string>& names, std::string_view word) {
  std::set<std::string> found;
  for (const std::string& name : names) {
    if (!name.starts_with(word)) continue;
    const std::size_t slash = name.find('/', word.size());
    found.insert(slash == std::string::npos ? name : name.substr(0, slash + 1));
  }
  std::vector<Candidate> candidates;
  for (const std::string& text : found) candidates.push_back({text, ""});
  return candidates;
}

}  // namespace hoiku::cli
